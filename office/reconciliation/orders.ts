import type { EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift, type DriftKind } from '../../domain/reconciliation.ts';
import { ENDED_STAGES } from '../../domain/order.ts';

interface OrderRow {
  id: string;
  kind: DriftKind;
  stage: string | null;
  payment_status: string | null;
  check_status: string | null;
  charge: string | null;
  settled: string | null;
  refunded: string | null;
  holds: string;
  resolutions: string;
  captured: string;
  given_back: string;
}

/**
 * Compares every order with its check, its hold and its money: one finding an order, the first thing that is wrong, since
 * what follows it is often only a consequence. Reads only. The same rules as in migrations/0005, which keep anybody but the
 * owner of the tables from committing such a state.
 */
export async function orderDrift(em: EntityManager): Promise<Drift[]> {
  const rows = await em.execute<OrderRow[]>(COMPARE);
  return rows.map((row) => driftOf(row.kind, { orderId: row.id, detail: detailOf(row) }));
}

function detailOf(row: OrderRow): string {
  const order = row.stage === null ? 'no order' : `order ${row.stage}, ${row.payment_status}, charge ${row.charge}`;
  const check = row.check_status === null ? 'no check' : `check ${row.check_status}`;
  const sums = `settled ${row.settled ?? 0} and refunded ${row.refunded ?? 0} on the order`;
  const ledger = `${row.holds} hold(s), ${row.resolutions} resolution(s), captured ${row.captured}, refunded ${row.given_back} in the ledger`;
  return `${order}; ${check}; ${sums}; ${ledger}`;
}

const ENDED = ENDED_STAGES.map((stage) => `'${stage}'`).join(', ');

/** Raw and no view: the arithmetic of the proof comes with the program, not from the database that it examines. */
const COMPARE = `
  with money as (
    select order_id, count(*) filter (where kind = 'hold') as holds,
      count(*) filter (where kind in ('capture', 'void', 'expire')) as resolutions,
      coalesce(sum(amount) filter (where kind = 'capture'), 0) as captured,
      coalesce(sum(amount) filter (where kind = 'refund'), 0) as given_back
    from transfers where order_id is not null group by order_id
  ), ids as (
    select id from orders union select order_id from money union select order_id from echecks
  ), facts as (
    select ids.id, o.id is not null as known, o.stage, o.payment_status, o.charge_amount, o.settled_amount, o.refunded_amount,
      coalesce(m.holds, 0) as holds, coalesce(m.resolutions, 0) as resolutions, coalesce(m.captured, 0) as captured,
      coalesce(m.given_back, 0) as given_back, c.number, c.status,
      h.kind = 'hold' and h.order_id = c.order_id and h.check_number = c.number and h.amount = c.amount and h.currency = c.currency
        and h.debit_account_id = c.buyer_id and h.credit_account_id = c.seller_id as held_for_check,
      c.amount = o.charge_amount and c.currency = o.currency and c.buyer_id = o.buyer_id and c.seller_id = o.seller_id as check_is_order
    from ids left join orders o on o.id = ids.id left join money m on m.order_id = ids.id
      left join echecks c on c.order_id = ids.id left join transfers h on h.id = c.hold_id
  ), judged as (
    select facts.*, case
      when not known then 'order-missing'
      when holds > 1 or resolutions > 1 then 'hold-resolved-twice'
      when number is null and holds > 0 then 'hold-without-check'
      when number is not null and not coalesce(held_for_check, false) then 'check-without-hold'
      when number is not null and not coalesce(check_is_order, false) then 'check-differs-from-order'
      when given_back > captured then 'refunded-too-much'
      when number is not null and not case
          when status in ('issued', 'presented', 'accepted') then resolutions = 0
          when status in ('cleared', 'final') then captured > given_back
          when status = 'refunded' then captured > 0 and captured = given_back
          when status in ('stopped', 'expired', 'voided') then resolutions = 1 and captured = 0
          else resolutions = 1 end then 'check-status-differs'
      when settled_amount <> captured then 'settled-differs'
      when refunded_amount <> given_back then 'refunded-differs'
      when stage in (${ENDED}) and holds > resolutions then 'ended-with-hold'
      when stage in (${ENDED}) and stage <> 'completed' and captured <> given_back then 'ended-but-charged'
      when stage = 'completed' and captured = 0 then 'completed-unpaid'
      when payment_status <> case when holds = 0 then 'none' when resolutions = 0 then 'held' when captured = 0 then 'voided'
        when captured = given_back then 'refunded' else 'settled' end then 'payment-status-differs'
    end as kind from facts
  )
  select id, kind, stage, payment_status, status as check_status, charge_amount as charge, settled_amount as settled,
    refunded_amount as refunded, holds, resolutions, captured, given_back
  from judged where kind is not null order by id`;
