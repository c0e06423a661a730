import { asOwner } from '../testbed/database.ts';
import { DISTRIBUTOR, SKU, type Crowd } from '../testbed/parties.ts';

/** The events that a healthy order leaves, in their order. */
export const TIMELINE =
  `order_requested charge_obtained credit_judged seller_verified distributor_verified check_issued check_presented
  check_validated distribution_promised payment_indicated distribution_instructed dispatch_scheduled distribution_completed
  completion_notified_seller completion_notified_office payment_demanded payment_settled check_finalised order_completed`.split(
    /\s+/,
  );

/**
 * Writes finished orders until there are `count`, spread over the parties and the last months, with their checks, holds,
 * captures, entries and events, and moves the balances with them. As the owner and past the triggers: ten thousand orders take
 * seconds. What the triggers guard is then compared for a sample.
 */
export async function seedFinishedOrders(
  url: string,
  crowd: Crowd,
  { from, count }: { from: number; count: number },
): Promise<void> {
  await asOwner(url, async (client) => {
    await client.query('begin');
    await client.query("set local session_replication_role = 'replica'");
    for (const statement of statements(crowd, from, count)) await client.query(statement);
    await client.query('commit');
    for (const table of ['orders', 'echecks', 'transfers', 'entries', 'order_events', 'accounts']) {
      await client.query(`vacuum analyze ${table}`);
    }
    await client.query(
      `select order_must_agree('order-seeded-' || lpad(n::text, 19, '0')) from generate_series($1::int, $2::int - 1, greatest(1, ($2::int - $1::int) / 200)) n`,
      [from, count],
    );
  });
}

function statements({ buyers, sellers }: Crowd, from: number, count: number): string[] {
  const numbers = `generate_series(${from}, ${count - 1}) n`;
  const id = `'order-seeded-' || lpad(n::text, 19, '0')`;
  const number = `'check-seeded-' || lpad(n::text, 19, '0')`;
  const buyer = `'bench-buyer-' || n % ${buyers}`;
  const seller = `'bench-seller-' || n % ${sellers}`;
  const at = `now() - interval '120 days' * (1 - n / ${count}.0)`;
  const events = TIMELINE.map((type, index) => `(${index}, '${type}')`).join(', ');
  return [
    `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, charge_amount, currency, deliver_to_sealed,
       settle_on, deliver_at, distribution_status, payment_status, settled_amount, created_at, updated_at)
     select ${id}, ${buyer}, ${seller}, '${DISTRIBUTOR}', 'completed', md5(n::text), '[{"sku": "${SKU}", "quantity": 2}]', 2500, 'EUR',
       repeat('x', 400), 'delivery', ${at}, 'delivered', 'settled', 2500, ${at}, ${at} from ${numbers}`,
    `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, order_id, check_number, created_at)
     select ${id} || ':issue', 'hold', ${buyer}, ${seller}, 2500, 'EUR', ${id}, ${number}, ${at} from ${numbers}`,
    `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, hold_id, order_id, check_number, created_at)
     select h.order_id || ':settle', 'capture', h.debit_account_id, h.credit_account_id, h.amount, h.currency, h.id, h.order_id, h.check_number,
       h.created_at from transfers h
     where h.kind = 'hold' and h.key between 'order-seeded-' || lpad('${from}', 19, '0') and 'order-seeded-' || lpad('${count}', 19, '0')`,
    `insert into echecks (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, hold_id, seller_version,
       distributor_version, issued_at, expires_at)
     select h.check_number, h.order_id, h.debit_account_id, h.credit_account_id, '${DISTRIBUTOR}', h.amount, h.currency, repeat('x', 800), 'seeded',
       'final', h.id, 1, 1, h.created_at, h.created_at + interval '30 days' from transfers h
     where h.kind = 'hold' and h.key between 'order-seeded-' || lpad('${from}', 19, '0') and 'order-seeded-' || lpad('${count}', 19, '0')`,
    `insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after, created_at)
     select t.id, side.account, t.currency, side.amount, side.held, 0, 0, t.created_at
     from transfers t, lateral (values
       (t.debit_account_id, case t.kind when 'hold' then 0 else -t.amount end, case t.kind when 'hold' then t.amount else -t.amount end),
       (t.credit_account_id, case t.kind when 'hold' then 0 else t.amount end, 0)) as side(account, amount, held)
     where (side.amount <> 0 or side.held <> 0)
       and t.order_id between 'order-seeded-' || lpad('${from}', 19, '0') and 'order-seeded-' || lpad('${count}', 19, '0')`,
    `update accounts a set balance = balance + moved.amount from (
       select e.account_id, sum(e.amount) as amount from entries e join transfers t on t.id = e.transfer_id
       where t.order_id between 'order-seeded-' || lpad('${from}', 19, '0') and 'order-seeded-' || lpad('${count}', 19, '0') group by 1) moved
     where a.id = moved.account_id`,
    `insert into order_events (order_id, key, type, actor, body, occurred_at)
     select ${id}, e.type, e.type, ${buyer}, '{}', ${at} from ${numbers}, (values ${events}) as e(place, type) order by n, e.place`,
  ];
}
