import { deposit, payOut, readAccount } from '../../office/ledger/index.ts';
import { euros, SELLERS } from './parties.ts';
import type { Past } from './past.ts';
import { DAY_MS, HOUR_MS, type PlannedOrder } from './plan.ts';
import type { Moments } from './stories.ts';

const WEEK_MS = 7 * DAY_MS;

/** Each week what a buyer will spend is paid in, so that no order fails for want of money that should not. */
export async function* payIn(past: Past, buyerId: string, orders: readonly PlannedOrder[]): Moments {
  const begin = orders[0]?.at.getTime() ?? 0;
  const weeks = Map.groupBy(orders, ({ at }) => Math.floor((at.getTime() - begin) / WEEK_MS));
  for (const [week, ofWeek] of weeks) {
    yield new Date(begin + week * WEEK_MS - HOUR_MS);
    const spent = ofWeek.reduce((sum, { chargeMinor }) => sum + chargeMinor, 0);
    const amount = euros(Math.ceil(spent / 1_000) * 1_000);
    const key = `history:${week}`;
    const paid = await deposit(past.orm, { accountId: buyerId, amount, key });
    if (!paid.ok) throw new Error(paid.detail);
    await past.dateTransfer(`deposit:${buyerId}:${key}`);
  }
}

/** Most of what a seller has earned is paid out each week. */
export async function* payOutWeekly(past: Past, sellerId: string, { from, to }: { from: Date; to: Date }): Moments {
  for (let at = from.getTime() + WEEK_MS, week = 1; at < to.getTime(); at += WEEK_MS, week += 1) {
    yield new Date(at);
    const earned = await restingBalance(past, sellerId);
    const amount = euros(Math.floor((earned * 0.8) / 100) * 100);
    if (amount.amount <= 0) continue;
    const key = `history:${week}`;
    const payout = await payOut(past.orm, { accountId: sellerId, amount, reference: `Earnings of week ${week}`, key });
    if (!payout.ok) throw new Error(payout.detail);
    await past.dateTransfer(`payout:${sellerId}:${key}`);
  }
}

/** Paid with the notice, delivered after days, given back days later: no payment of the history is given back later than that. */
const GIVEN_BACK_WITHIN_MS = 10 * DAY_MS;

/** What it has at that moment of the past, without what it earned in the last days: that it may still have to give back. */
async function restingBalance(past: Past, accountId: string): Promise<number> {
  const now = past.clock();
  const recently = new Date(now.getTime() - GIVEN_BACK_WITHIN_MS);
  const [row] = await past.orm.em.fork().execute<{ minor: string }[]>(
    `select coalesce(sum(amount) filter (where amount < 0 or created_at <= ?), 0) as minor from entries
     where account_id = ? and created_at <= ?`,
    [recently.toISOString(), accountId, now.toISOString()],
  );
  const account = await readAccount(past.orm, accountId, 'seller');
  return Math.min(Number(row?.minor ?? 0), account?.available.amount ?? 0);
}

export const PAID_SELLERS = ['seller-mill', 'seller-forge', ...SELLERS.map(({ id }) => id)];
