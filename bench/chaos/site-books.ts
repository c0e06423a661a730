import { Client } from 'pg';
import { reconcileBooks } from '../../office/reconciliation/index.ts';
import { connectOrm } from '../../platform/orm.ts';
import { DEMO_GOODS } from '../../sites/selling-office/demo-goods.ts';
import { ENDED_STAGES } from '../../domain/order.ts';
import type { ChaosSite } from './sites.ts';

/** An order that went over the parties' own servers, as the office has it. */
interface SiteOrder {
  readonly id: string;
  readonly stage: string;
  readonly demands: number;
  /** Its driver had brought the goods when the order was called off: a report that waits for an operator. */
  readonly brought: boolean;
}

/** A message, as the office has it. */
interface Sent {
  readonly id: string;
  readonly order_id: string;
  readonly kind: string;
  readonly recipient: string;
  readonly digest: string;
  readonly verdict: string | null;
}

/** What each server says it was sent and signed for. */
interface Signed {
  readonly message_id: string;
  readonly digest: string;
}

/** Everything that both sides have on record when all has ended. */
export interface Network {
  readonly orders: readonly SiteOrder[];
  readonly sent: readonly Sent[];
  readonly signed: readonly Signed[];
  readonly shelves: readonly { readonly sku: string; readonly on_hand: number; readonly reserved: number }[];
  readonly sold: readonly {
    readonly id: string;
    readonly reserved: boolean;
    readonly lines: readonly { sku: string; quantity: number }[] | null;
  }[];
  readonly demands: readonly { readonly subject: string; readonly done: boolean }[];
  readonly places: readonly { readonly order_id: string }[];
}

/** What the seller is sent of an order that goes well, and the distributor. */
const OF_A_GOOD_ORDER = ['completed', 'instruction', 'paid', 'payment_indicated', 'presentation'];
const ENDED = new Set<string>(ENDED_STAGES);

/**
 * What the office and the parties' own servers do not agree about at the end: messages and receipts, demands, stock and places; and
 * what the service's own comparison of the books finds.
 */
export async function brokenAtSites(ownerUrl: string, sites: readonly ChaosSite[]): Promise<string[]> {
  const network = await readNetwork(ownerUrl, sites);
  return [...disagreements(network), ...(await drift(ownerUrl))];
}

/** One line for each thing that office and servers do not agree about. */
export function disagreements(network: Network): string[] {
  return [...wrongMessages(network), ...wrongDemands(network), ...wrongStock(network), ...wrongPlaces(network)];
}

/** One message is one `jti` with one receipt, on both sides the same; a good order has all of its messages, an early end is signed for. */
function wrongMessages({ orders, sent, signed }: Network): string[] {
  const signatures = Map.groupBy(signed, ({ message_id: id }) => id);
  const known = new Set(sent.map(({ id }) => id));
  const faults = [...signatures.keys()].filter((id) => !known.has(id)).map((id) => `${id}: signed for, and never sent`);
  for (const { id, digest, verdict } of sent) {
    const own = signatures.get(id) ?? [];
    if (verdict !== null && own.filter((one) => one.digest === digest).length !== 1)
      faults.push(`${id}: the office has a receipt that its signer has not`);
    if (own.length > 1) faults.push(`${id}: signed for as ${own.length} texts`);
  }
  for (const order of orders) faults.push(...wrongSet(order, sent));
  return faults;
}

function wrongSet({ id, stage }: SiteOrder, all: readonly Sent[]): string[] {
  const sent = all.filter(({ order_id: orderId }) => orderId === id);
  const receipted = sent.filter(({ verdict }) => verdict !== null).map(({ kind }) => kind);
  if (stage === 'completed') {
    const kinds = receipted.toSorted().join(', ');
    return kinds === OF_A_GOOD_ORDER.join(', ') ? [] : [`${id}: completed with receipts for ${kinds}`];
  }
  const unsigned = [...new Set(sent.map(({ recipient }) => recipient))].filter(
    (party) =>
      !sent.some(
        ({ recipient, kind, verdict }) =>
          recipient === party && (kind === 'ended' || kind === 'withdrawn') && verdict !== null,
      ),
  );
  return unsigned.map((party) => `${id}: ${party} has not signed for the end`);
}

function wrongDemands({ orders, demands }: Network): string[] {
  return orders
    .filter(({ stage }) => stage === 'completed')
    .flatMap(({ id, demands: recorded }) => {
      const made = demands.filter(({ subject }) => subject === id);
      return recorded === 1 && made.length === 1 && made[0]?.done
        ? []
        : [`${id}: ${recorded} demands at the office, ${made.length} at its seller`];
    });
}

/** All orders have ended: nothing is reserved, and what is gone from the shelves is what was delivered. */
function wrongStock({ orders, shelves, sold }: Network): string[] {
  const stages = new Map(orders.map(({ id, stage }) => [id, stage]));
  const faults = sold.filter(({ reserved }) => reserved).map(({ id }) => `${id}: goods are reserved after its end`);
  for (const { sku, on_hand: onHand, reserved } of shelves) {
    const lines = sold.filter(({ id }) => stages.get(id) === 'completed').flatMap(({ lines: own }) => own ?? []);
    const gone = lines.filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
    const first = DEMO_GOODS.find((goods) => goods.sku === sku)?.onHand ?? 0;
    if (reserved !== 0) faults.push(`${sku}: ${reserved} reserved for nobody`);
    if (onHand !== first - gone) faults.push(`${sku}: ${onHand} there, should be ${first - gone}`);
  }
  return faults;
}

/** A delivery has had its place; one that was called off has given it back, unless its driver had brought the goods by then. */
function wrongPlaces({ orders, places }: Network): string[] {
  const taken = new Set(places.map(({ order_id: id }) => id));
  const wrong = orders.filter(
    ({ id, stage, brought }) => taken.has(id) !== (stage === 'completed' || brought) && ENDED.has(stage),
  );
  return wrong.map(({ id, stage }) => `${id}: ${stage}, and ${taken.has(id) ? 'a place is kept' : 'it had no place'}`);
}

async function drift(ownerUrl: string): Promise<string[]> {
  const orm = await connectOrm({ url: ownerUrl, poolMax: 1 });
  try {
    return (await reconcileBooks(orm)).map((found) => `reconcile: ${JSON.stringify(found)}`);
  } finally {
    await orm.close();
  }
}

async function readNetwork(ownerUrl: string, sites: readonly ChaosSite[]): Promise<Network> {
  const [shop, company] = [
    sites.find(({ part }) => part === 'selling office'),
    sites.find(({ part }) => part === 'distributing company'),
  ];
  if (!shop || !company) throw new Error('both sites belong to a run with sites');
  return {
    orders: await rows(
      ownerUrl,
      `select id, stage, (select count(*)::int from order_events e where e.order_id = o.id and e.type = 'payment_demanded') as demands,
         exists (select from distribution_reports r where r.order_id = o.id and r.kind = 'delivered') as brought
       from orders o where seller_agent = 'site'`,
    ),
    sent: await rows(
      ownerUrl,
      'select id, order_id, kind, recipient, digest, verdict from party_messages where attempts > 0',
    ),
    signed: [
      ...(await rows<Signed>(shop.databaseUrl, 'select message_id, digest from messages')),
      ...(await rows<Signed>(company.databaseUrl, 'select message_id, digest from receipts')),
    ],
    shelves: await rows(shop.databaseUrl, 'select sku, on_hand, reserved from commodities'),
    sold: await rows(shop.databaseUrl, 'select id, reserved, lines from orders'),
    demands: await rows(
      shop.databaseUrl,
      `select subject, done_at is not null as done from errands where kind = 'demand'`,
    ),
    places: await rows(company.databaseUrl, 'select distinct order_id from places'),
  };
}

async function rows<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}
