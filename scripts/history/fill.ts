import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import { orderIdFor } from '../../api/orders/place-order.ts';
import type { KeyRing } from '../../office/checks/index.ts';
import { openAccount } from '../../office/ledger/index.ts';
import { putDistributor, putSeller } from '../../office/registry/index.ts';
import type { Orm } from '../../platform/orm.ts';
import type { Sealer } from '../../platform/sealing.ts';
import { PAID_SELLERS, payIn, payOutWeekly } from './money.ts';
import { PastOrder } from './order.ts';
import { BUYERS, DISTRIBUTORS, POOR_BUYER, SELLERS } from './parties.ts';
import { openPast, type Past } from './past.ts';
import { DAY_MS, HOUR_MS, planHistory, type Extent, type PlannedOrder } from './plan.ts';
import { tell, type Moments } from './stories.ts';

export interface HistoryOptions extends Omit<Extent, 'end'> {
  /** As the owner of the database, with some connections. */
  readonly owner: Orm;
  readonly keyRing: KeyRing;
  readonly sealer: Sealer;
  readonly issuer: string;
  readonly statusListUri: string;
  readonly end?: Date;
  /** Is told how many orders have ended. */
  readonly onProgress?: (ended: number) => void;
}

/** `there`: it was filled before. */
export type Filled = { readonly kind: 'filled'; readonly orders: readonly PlannedOrder[] } | { readonly kind: 'there' };

/**
 * Fills the past with orders of every ending, by the very steps that orders take, in one transaction: the rules of ledger, checks and
 * orders judge each of them, and all of it is there or nothing. The times that the database gives by itself are set afterwards, which
 * only its owner can.
 */
export async function fillHistory({ owner, ...options }: HistoryOptions): Promise<Filled> {
  if (await isFilled(owner)) return { kind: 'there' };
  const end = options.end ?? new Date();
  const orders = planHistory({ ...options, end });
  // Begun and ended by hand: inside `transactional` the ORM would take the office's other connections for this one.
  const tx = owner.em.fork();
  await tx.begin();
  try {
    const past = await openPast({ orm: owner, tx, ...options });
    await beginWith(past, tx, orders);
    await runAll(past, { orders, end }, options.onProgress);
    await tx.commit();
  } catch (error) {
    await tx.rollback();
    throw error;
  }
  return { kind: 'filled', orders };
}

const FIRST_ORDER = 'history-1';

/** One order of every history has this key, whoever placed it. */
export async function isFilled(owner: Orm): Promise<boolean> {
  const ids = [...BUYERS, POOR_BUYER].map(({ id }) => orderIdFor(id, FIRST_ORDER));
  const found = await owner.em.fork().execute('select 1 from orders where id = any(?::text[])', [`{${ids.join(',')}}`]);
  return found.length > 0;
}

/**
 * Waits until the reader of the outbox has passed all events that are there, so that a webhook that is made now is not sent them.
 * Throws when it does not come so far in a minute.
 */
export async function untilOutboxIsRead(owner: Orm): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
    const behind = await owner.em.fork().execute(BEHIND);
    if (behind.length === 0) return;
    if (Date.now() > deadline) throw new Error('the events of the history are not read: does a worker run?');
  }
}

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 200;
const BEHIND = `
  select 1 from outbox_readers where name = 'webhooks' and place < (select coalesce(max(id), 0) from order_events)`;

/** The parties are registered and the office's first deposits made before the first order. */
async function beginWith(past: Past, tx: EntityManager, orders: readonly PlannedOrder[]): Promise<void> {
  const first = orders[0]?.at ?? new Date();
  const opened = new Date(first.getTime() - DAY_MS);
  past.setClock(opened);
  for (const { id } of [...BUYERS, POOR_BUYER])
    if (!id.endsWith('-ada') && !id.endsWith('-bob'))
      succeeded(await openAccount(past.orm, { id, kind: 'buyer', currency: 'EUR' }));
  for (const seller of SELLERS) succeeded(await putSeller(past.orm, seller));
  for (const distributor of DISTRIBUTORS) succeeded(await putDistributor(past.orm, distributor));
  const seeds = await tx.execute<{ key: string }[]>(
    `select key from transfers where key like 'seed:%' and created_at > ?`,
    [opened.toISOString()],
  );
  for (const { key } of seeds) await past.dateTransfer(key, opened);
}

function succeeded(outcome: { readonly ok: boolean; readonly detail?: string }): void {
  if (!outcome.ok) throw new Error(outcome.detail);
}

interface Running {
  at: Date;
  readonly moments: Moments;
  /** The order that it is about, whose rows are then given the moment's time. */
  readonly order?: PastOrder;
}

/** Everything in the sequence in which it happened: the next moment of all is always the next one. */
async function runAll(past: Past, planned: Planned, onProgress?: (ended: number) => void): Promise<void> {
  const queue = [...moneyOf(past, planned), ...planned.orders.map((plan) => ordering(past, plan))];
  let ended = 0;
  while (queue.length > 0) {
    queue.sort((one, other) => other.at.getTime() - one.at.getTime());
    const next = queue.at(-1);
    if (!next) break;
    past.setClock(next.at);
    const { value, done } = await next.moments.next();
    if (next.order) await past.dateOrder(next.order.id);
    if (!done) {
      if (value >= planned.end)
        throw new Error(`${next.order?.id ?? 'a payment'} reaches beyond the end of the history`);
      next.at = value;
      continue;
    }
    queue.pop();
    if (next.order) onProgress?.((ended += 1));
  }
}

function ordering(past: Past, plan: PlannedOrder): Running {
  const order = new PastOrder(past, plan);
  return { at: plan.at, order, moments: tell(past, order) };
}

interface Planned {
  readonly orders: readonly PlannedOrder[];
  readonly end: Date;
}

/** What buyers pay in, and what sellers take out. Each begins by saying when. */
function moneyOf(past: Past, { orders, end: to }: Planned): Running[] {
  const from = orders[0]?.at ?? to;
  const at = new Date(from.getTime() - 2 * HOUR_MS);
  const spending = orders.filter(({ buyerId }) => buyerId !== POOR_BUYER.id);
  const buyers = Map.groupBy(spending, ({ buyerId }) => buyerId);
  return [
    ...[...buyers].map(([id, theirs]) => payIn(past, id, theirs)),
    ...PAID_SELLERS.map((id) => payOutWeekly(past, id, { from, to })),
  ].map((moments) => ({ at, moments }));
}
