import type { Stage } from '../domain/stages.ts';
import { listOrders, readOrders, type OrderRecord } from '../office/reading.ts';
import { scopeOf, type Party } from './auth/party.ts';
import type { ApiDeps } from './deps.ts';
import { invalidCursor, printCursor, readCursor } from './http/cursor.ts';
import { isOutage } from './http/outage.ts';
import { Problem } from './http/problem.ts';
import { linksOf, orderJson } from './order-json.ts';
import type { AttentionItem } from './temporal/attention-list.ts';

interface ListQuery {
  readonly stage?: Stage;
  readonly sellerId?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** A page of the party’s own orders (an operator’s: everybody’s), newest first. */
export async function ordersPage(deps: ApiDeps, party: Party, query: ListQuery) {
  const scope = scopeOf(party);
  const before = readCursor(query.cursor);
  const page = await listOrders(deps.orm.em.fork(), { ...query, scope, before });
  const data = await Promise.all(page.orders.map(({ view }) => orderJson(view, party, deps.sealer)));
  return { data, nextCursor: printCursor(page.next) };
}

/** The orders that need a person. Temporal says which; the database adds the rest, as far as it can be read just now. */
export async function attentionPage(deps: ApiDeps, party: Party, query: ListQuery) {
  if (party.role !== 'operator') throw new Problem('forbidden', 'The attention list is for the operator.');
  const offset = readOffset(query.cursor);
  const { items, more } = await deps.gateway.attention(query.limit, offset);
  const records = await readWhatCanBeRead(deps, items);
  const wanted = items.filter((item) => fits(item, query));
  const data = await Promise.all(wanted.map((item) => attentionJson(item, records.get(item.id), party, deps)));
  return { data, nextCursor: more ? Buffer.from(`attention|${offset + query.limit}`).toString('base64url') : null };
}

function fits(item: AttentionItem, { stage, sellerId }: ListQuery): boolean {
  return (stage ?? item.stage) === item.stage && (sellerId ?? item.sellerId) === item.sellerId;
}

async function readWhatCanBeRead(deps: ApiDeps, items: readonly AttentionItem[]): Promise<Map<string, OrderRecord>> {
  try {
    const ids = items.map((item) => item.id);
    const records = await readOrders(deps.orm.em.fork(), ids);
    return new Map(records.map((record) => [record.view.id, record]));
  } catch (error) {
    if (isOutage(error)) return new Map();
    throw error;
  }
}

async function attentionJson(item: AttentionItem, record: OrderRecord | undefined, party: Party, deps: ApiDeps) {
  const { view } = record ?? {};
  if (!view) return { ...item, links: linksOf(item.id) };
  return orderJson({ ...view, attention: view.attention ?? item.attention }, party, deps.sealer);
}

function readOffset(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const [, offset] = /^attention\|(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (offset === undefined) throw invalidCursor();
  return Number(offset);
}
