import { listEntries, readMoneyTrace } from '../../office/ledger/index.ts';
import { listOrders, readTimeline } from '../../office/orders/index.ts';
import { readFigures } from '../../office/statistics/index.ts';
import { quantilesOf, type Quantiles } from '../report/statistics.ts';
import { asOwner, readCostliest, resetStatements } from '../testbed/database.ts';
import { buyerId, sellerId } from '../testbed/parties.ts';
import type { Testbed } from '../testbed/testbed.ts';

/** Pages are read of the database alone. */
export type Books = Pick<Testbed, 'orm' | 'crowd' | 'postgres'>;

/** What one kind of page costs in the database. */
export interface PageCost {
  readonly page: string;
  /** Milliseconds, from the question to the last row, over the driver. */
  readonly took: Quantiles;
  /** Statements that one page asks for: the same for a page of one row and of a hundred. */
  readonly statements: number;
}

const TIMES = 200;
/** Of what reads everything of a period. */
const FEW_TIMES = 20;
const DAY_MS = 86_400_000;

/** The periods of which figures are read. */
const DAYS = [1, 90];

/** Reads every kind of page many times, each time of another party or order, by the service's own functions. */
export async function measurePages(testbed: Books, periods: readonly number[] = DAYS): Promise<PageCost[]> {
  const { orm, crowd } = testbed;
  const ids = await someOrders(testbed);
  const em = () => orm.em.fork();
  const idAt = (turn: number): string => ids[turn % ids.length] ?? '';
  const pages: Record<string, (turn: number) => Promise<unknown>> = {
    'orders of a buyer': (turn) =>
      listOrders(em(), { scope: { role: 'buyer', partyId: buyerId(turn, crowd) }, limit: 100 }),
    'orders of a seller, one stage': (turn) =>
      listOrders(em(), { scope: { role: 'seller', partyId: sellerId(turn, crowd) }, stage: 'completed', limit: 100 }),
    'orders of all': () => listOrders(em(), { scope: { role: 'operator' }, limit: 100 }),
    'orders of all, a rare stage': () =>
      listOrders(em(), { scope: { role: 'operator' }, stage: 'expired', limit: 100 }),
    'timeline of an order': (turn) => readTimeline(em(), idAt(turn)),
    'money of an order': (turn) => readMoneyTrace(orm, idAt(turn)),
    'entries of an account': (turn) => listEntries(orm, sellerId(turn, crowd), { limit: 100 }),
  };
  const costs: PageCost[] = [];
  for (const [page, read] of Object.entries(pages)) costs.push(await costOf(testbed, { page, read, times: TIMES }));
  for (const days of periods) {
    const page = days === 1 ? 'figures of a day' : `figures of ${days} days`;
    const read = (): Promise<unknown> => readFigures(em(), new Date(Date.now() - days * DAY_MS), new Date());
    costs.push(await costOf(testbed, { page, read, times: FEW_TIMES }));
  }
  return costs;
}

interface Reading {
  readonly page: string;
  readonly read: (turn: number) => Promise<unknown>;
  readonly times: number;
}

/** Reads one kind of page many times. */
export async function costOf(testbed: Books, { page, read, times: count }: Reading): Promise<PageCost> {
  await read(0);
  await resetStatements(testbed.postgres.url);
  const times: number[] = [];
  for (let turn = 1; turn <= count; turn += 1) {
    const begun = performance.now();
    await read(turn);
    times.push(performance.now() - begun);
  }
  const statements = await readCostliest(testbed.postgres.url, 100);
  const own = statements.filter(({ calls }) => calls % count === 0).reduce((sum, { calls }) => sum + calls, 0);
  return { page, took: quantilesOf(times), statements: own / count };
}

async function someOrders({ postgres }: Books): Promise<string[]> {
  return asOwner(postgres.url, async (client) => {
    const { rows } = await client.query<{ id: string }>('select id from orders order by id limit 100');
    return rows.map(({ id }) => id);
  });
}
