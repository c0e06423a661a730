import type { Client } from 'pg';
import { DEMO_BUYERS } from '../../office/seed-data.ts';
import type { OrderOutcome } from './parties.ts';

/** What the buyer gets on top of its demo funds, so that no order of a long run is declined for want of money. */
export const EXTRA_FUNDS_MINOR = 100_000_000n;

/** What the database says at the end, read by SQL of the run's own: the service's code does not judge itself. */
export interface Books {
  readonly orders: ReadonlyMap<string, { readonly stage: string; readonly attention: boolean }>;
  /** How often an event of a type that may happen once happened, where it happened more often. */
  readonly repeated: readonly { readonly order_id: string; readonly type: string; readonly times: number }[];
  /** One line for each thing that contradicts the rules of the ledger. */
  readonly contradictions: readonly string[];
  readonly balances: ReadonlyMap<string, { readonly balance: number; readonly held: number }>;
}

/** Reads the books. `client` is the owner's connection: it may call the function that compares one order. */
export async function readBooks(client: Client): Promise<Books> {
  const orders = await client.query<{ id: string; stage: string; attention: boolean }>(
    // A report that came after the end waits for an operator, and nobody acknowledges it in a run.
    `select id, stage, attention is not null and attention->>'reason' <> 'ReportAfterEnd' as attention from orders`,
  );
  const repeated = await client.query<Books['repeated'][number]>(
    `select order_id, type, count(*)::int as times from order_events
     where type in ('check_issued', 'check_presented', 'distribution_promised', 'payment_indicated', 'distribution_instructed',
       'dispatch_scheduled', 'distribution_completed', 'completion_notified_seller', 'completion_notified_office', 'payment_demanded',
       'payment_settled', 'check_finalised', 'order_completed', 'order_cancelled', 'order_refunded', 'payment_refunded')
       -- A new date after a failed attempt is an event of its own.
       and key not like 'dispatch_scheduled:%'
     group by order_id, type having count(*) > 1`,
  );
  const contradictions = await client.query<{ text: string }>(CONTRADICTIONS);
  const balances = await client.query<{ id: string; balance: string; held: string }>(
    'select id, balance, held from accounts',
  );
  return {
    orders: new Map(orders.rows.map((row) => [row.id, row])),
    repeated: repeated.rows,
    contradictions: [...contradictions.rows.map(({ text }) => text), ...(await disagreements(client, orders.rows))],
    balances: new Map(
      balances.rows.map(({ id, balance, held }) => [id, { balance: Number(balance), held: Number(held) }]),
    ),
  };
}

/** Effects that happened more than once. */
export function onceOnly(books: Books): string[] {
  return books.repeated.map(({ order_id, type, times }) => `${order_id}: ${type} ${times} times`);
}

/** What does not hold at the end of a run in which every order has ended. */
export function brokenInvariants(books: Books, outcomes: readonly OrderOutcome[]): string[] {
  return [...brokenRules(books), ...buyerPaidForWhatCame(books, outcomes)];
}

/** The same without what the parties know. */
export function brokenRules(books: Books): string[] {
  const attention = [...books.orders]
    .filter(([, order]) => order.attention)
    .map(([id]) => `${id} still shows attention`);
  return [...books.contradictions, ...attention];
}

/** The buyer's balance is what it started with less the charges of its completed orders, and nothing is held. */
function buyerPaidForWhatCame(books: Books, outcomes: readonly OrderOutcome[]): string[] {
  const spent = outcomes.filter(({ stage }) => stage === 'completed').reduce((sum, { charge }) => sum + charge, 0);
  const [ada] = DEMO_BUYERS;
  const account = books.balances.get(ada.id);
  const wanted = Number(ada.fundsMinor) + Number(EXTRA_FUNDS_MINOR) - spent;
  if (account?.balance === wanted && account.held === 0) return [];
  return [`${ada.id} should have ${wanted} and nothing held, and has ${JSON.stringify(account)}`];
}

const CONTRADICTIONS = `
  select format('entries in %s sum to %s', currency, sum(amount)) as text from entries group by currency having sum(amount) <> 0
  union all
  select format('account %s says %s/%s, its entries %s/%s', a.id, a.balance, a.held, coalesce(e.balance, 0), coalesce(e.held, 0))
  from accounts a left join (
    -- Less what is written and not yet counted into the stored sum: the entries of a busy seller.
    select entries.account_id, sum(entries.amount) - coalesce(sum(late.amount), 0) as balance, sum(held_amount) as held
    from entries left join late_entries late on late.entry_id = entries.id and late.balance_after is null group by entries.account_id
  ) e on e.account_id = a.id
  where a.balance <> coalesce(e.balance, 0) or a.held <> coalesce(e.held, 0)
  union all
  select format('account %s is beyond its limit', id) from accounts where kind <> 'world' and balance + credit_limit - held < 0
  union all
  select format('hold %s is resolved %s times', h.key, count(r.id)) from transfers h
  left join transfers r on r.hold_id = h.id where h.kind = 'hold' group by h.key having count(r.id) <> 1
  union all
  select format('order %s: settled %s of %s, refunded %s', o.id, o.settled_amount, o.charge_amount, o.refunded_amount) from orders o
  where o.stage = 'completed' and (o.settled_amount <> o.charge_amount or o.refunded_amount <> 0)
  union all
  select format('order %s: notice before a validated check', o.order_id) from order_events o
  where o.type = 'distribution_promised'
    and not exists (select 1 from order_events v where v.order_id = o.order_id and v.type = 'check_validated' and v.id < o.id)
  union all
  select format('order %s: delivered, and nobody is notified of it', o.id) from orders o
  where o.stage not in ('completed') and o.distribution_status is distinct from 'delivered'
    and o.attention->>'reason' is distinct from 'ReportAfterEnd'
    and exists (select 1 from distribution_reports r where r.order_id = o.id and r.kind = 'delivered')
  union all
  select format('order %s ended as %s, decided was %s', id, stage, ending->>'stage') from orders
  where ending is not null and stage <> ending->>'stage'`;

/** Asks the database's own comparison of order, check, hold and money, order by order. */
async function disagreements(client: Client, orders: readonly { id: string }[]): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of orders) {
    await client.query('select order_must_agree($1)', [id]).catch((error: unknown) => found.push(String(error)));
  }
  return found;
}
