import type { EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';

/** Compares transfers with their entries, and both with the stored sums of the accounts. Reads only. */
export async function ledgerDrift(em: EntityManager): Promise<Drift[]> {
  return [...(await entryDrift(em)), ...(await accountDrift(em))];
}

/**
 * What each transfer does to each account, derived from the transfer alone. Raw and no view: the arithmetic of the proof comes
 * with the program, not from the database that it examines.
 */
const EXPECTED = `
  expected as (
    select t.id as transfer_id, leg.account_id, sum(leg.amount) as amount, sum(leg.held) as held
    from transfers t left join transfers hold on hold.id = t.hold_id cross join lateral (values
      (t.debit_account_id, case
          when t.kind in ('deposit', 'withdrawal', 'payout', 'capture') then -t.amount
          when t.kind = 'refund' then t.fee_amount - t.amount else 0 end,
        case when t.kind = 'hold' then t.amount when t.kind in ('capture', 'void', 'expire') then -hold.amount else 0 end),
      (t.credit_account_id, case
          when t.kind in ('deposit', 'withdrawal', 'payout', 'refund') then t.amount
          when t.kind = 'capture' then t.amount - t.fee_amount else 0 end, 0),
      ('office:fees:' || t.currency, case t.kind when 'capture' then t.fee_amount when 'refund' then -t.fee_amount else 0 end, 0)
    ) as leg (account_id, amount, held)
    group by t.id, leg.account_id having sum(leg.amount) <> 0 or sum(leg.held) <> 0
  ), written as (
    select transfer_id, account_id, sum(amount) as amount, sum(held_amount) as held from entries
    group by transfer_id, account_id having sum(amount) <> 0 or sum(held_amount) <> 0
  )`;

async function entryDrift(em: EntityManager): Promise<Drift[]> {
  const rows = await em.execute<{ id: string; order_id: string | null; accounts: string }[]>(`
    with ${EXPECTED}
    select transfer_id as id, t.order_id, string_agg(account_id, ', ' order by account_id) as accounts
    from expected full join written using (transfer_id, account_id) left join transfers t on t.id = transfer_id
    where expected.amount is distinct from written.amount or expected.held is distinct from written.held
    group by transfer_id, t.order_id order by transfer_id`);
  return rows.map(({ id, order_id, accounts }) =>
    driftOf('entries-differ', { orderId: order_id, detail: `transfer ${id} and its entries differ on ${accounts}` }),
  );
}

interface AccountRow {
  id: string;
  balance: string;
  held: string;
  entered: string;
  balance_differs: boolean;
  held_differs: boolean;
  over_limit: boolean;
}

/**
 * An account is at fault only when its stored sum agrees neither with its entries nor with its transfers: where these two
 * differ from each other, the transfer is reported instead. Entries that the stored sum does not count yet are those of the view.
 */
async function accountDrift(em: EntityManager): Promise<Drift[]> {
  const rows = await em.execute<AccountRow[]>(`
    with ${EXPECTED}, due as (
      select account_id, sum(amount) as amount, sum(held) as held from expected group by account_id
    ), entered as (
      select account_id, sum(amount) as amount, sum(held) as held from written group by account_id
    ), compared as (
      select a.id, a.balance, a.held, coalesce(entered.amount, 0) - (b.balance - a.balance) as entered,
        b.balance <> all (array[coalesce(entered.amount, 0), coalesce(due.amount, 0)]) as balance_differs,
        a.held <> all (array[coalesce(entered.held, 0), coalesce(due.held, 0)]) as held_differs,
        a.kind <> 'world' and a.balance + a.credit_limit - a.held < 0 as over_limit
      from accounts a join account_balances b on b.id = a.id left join due on due.account_id = a.id
        left join entered on entered.account_id = a.id
    )
    select * from compared where balance_differs or held_differs or over_limit order by id`);
  return rows.map(accountDriftOf);
}

function accountDriftOf(row: AccountRow): Drift {
  const accountId = row.id;
  if (row.balance_differs) {
    return driftOf('balance-differs', {
      accountId,
      detail: `the stored balance is ${row.balance}, its entries come to ${row.entered}`,
    });
  }
  if (row.held_differs)
    return driftOf('held-differs', {
      accountId,
      detail: `the stored held sum is ${row.held}, which its entries do not show`,
    });
  return driftOf('limit-exceeded', {
    accountId,
    detail: `balance ${row.balance} and credit line do not cover the held ${row.held}`,
  });
}
