import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { reconcile } from '../../office/reconciliation/books.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import type { Answer } from '../api/support.ts';
import { finalOrder, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { MOVES, reasonOf, SITUATIONS, type MoveName, type Runner, type Situation } from './race-moves.ts';
import { until } from '../support/until.ts';

/*
 * Every ending against every message that may come at the same moment, milliseconds apart, on a real server: one ending, the
 * same in row and workflow, and no caller who was told anything else.
 */
const OFFSETS_MS = [0, 4, 9, 16, 28, 45];
const AT_ONCE = 6;

let service: TestService;
let client: Client;
beforeAll(async () => {
  service = await testService();
  const connection = await Connection.connect({ address: service.temporal.address });
  client = new Client({ connection, namespace: service.temporal.namespace });
  const forge = { name: 'The Forge', agent: 'manual' };
  await service.ask('PUT', '/v1/registry/sellers/seller-forge', { as: 'operator-olga', body: forge });
  const funds = { amount: { amount: 100_000_000, currency: 'EUR' } };
  await service.ask('POST', '/v1/accounts/buyer-ada/deposits', { as: 'operator-olga', body: funds, key: 'races' });
});
afterAll(async () => {
  await client.connection.close();
  await service.close();
});

interface Race {
  readonly situation: Situation;
  readonly ending: MoveName;
  readonly message: MoveName;
  readonly offsetMs: number;
  readonly settleOn: 'delivery' | 'notice';
}

/** Each pair at half of the offsets, the halves taking turns; paid on delivery and at the notice by turns as well. */
function racesFrom(situation: Situation): Race[] {
  const pairs = situation.endings.flatMap((ending) =>
    situation.messages.filter((message) => message !== ending).map((message) => ({ ending, message })),
  );
  return pairs.flatMap((pair, index) =>
    OFFSETS_MS.filter((_, at) => at % 2 === index % 2).map((offsetMs, at) => ({
      ...pair,
      situation,
      offsetMs,
      settleOn: (index + at) % 2 === 0 ? 'delivery' : 'notice',
    })),
  );
}

let count = 0;

async function started({ situation, settleOn }: Race): Promise<Runner> {
  const key = `race-${(count += 1)}`;
  const body = orderFor({ settleOn, ...situation.body });
  const { body: order } = await service.ask('POST', '/v1/orders', { body, key });
  await orderWhen(service, order.id, ({ stage }) => stage === situation.stage);
  return { id: order.id, key, body, echeck: order.echeck };
}

type Answers = Partial<Record<MoveName, Answer>>;

async function run(race: Race): Promise<{ order: Runner; answers: Answers; final: Answer['body'] }> {
  const order = await started(race);
  const [ended, said] = await Promise.all([
    MOVES[race.ending](service, order),
    sleep(race.offsetMs).then(() => MOVES[race.message](service, order)),
  ]);
  await seeToItsEnd(order, race.situation);
  return { order, answers: { [race.ending]: ended, [race.message]: said }, final: await finalOrder(service, order.id) };
}

/** Whoever came too late to end it leaves it waiting: then an operator ends it, or its goods arrive. */
async function seeToItsEnd(order: Runner, { paymentDemand }: Situation): Promise<void> {
  const { id } = order;
  const now = async () => (await service.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' })).body;
  const isOver = async () =>
    ['completed', 'rejected', 'expired', 'cancelled', 'refunded'].includes((await now()).stage);
  for (let looks = 0; looks < 12; looks += 1) {
    if (await isOver()) return;
    await sleep(25);
  }
  const body = { action: 'abort', reason: 'the race is over' };
  const last = { eventId: 'the-last', kind: 'delivered', occurredAt: new Date().toISOString() };
  await onceHeard(() => service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body }));
  await onceHeard(() =>
    service.ask('POST', `/v1/orders/${id}/distribution-events`, { as: 'distributor-swift', body: last }),
  );
  if (paymentDemand !== 'own') return;
  const demanded = async () => ({
    over: await isOver(),
    demand: (await MOVES.demand(service, order)).body,
    order: await now(),
  });
  await until(demanded, ({ over }) => over, { what: `the end of order ${id}`, pauseMs: 50 });
}

/** Says it again as long as a loaded machine answers "later". */
function onceHeard(say: () => Promise<Answer>): Promise<Answer> {
  return until(say, ({ status }) => status !== 503 && status !== 429);
}

async function faultsOf(race: Race): Promise<string[]> {
  const { order, answers, final } = await run(race);
  const [row] = await service.database.orm.em
    .fork()
    .execute<{ ending: { reason: string } | null; reports: string[] | null; attention: { reason: string } | null }[]>(
      `select ending, attention, (select array_agg(event_id) from distribution_reports where order_id = orders.id) as reports
       from orders where id = ?`,
      [order.id],
    );
  const result = await client.workflow.getHandle(order.id).result();
  const reports = row?.reports ?? [];
  const faults: [boolean, string][] = [
    [result.stage !== final.stage, `the workflow ended as ${result.stage}, the row as ${final.stage}`],
    [Boolean(row?.ending) === (final.stage === 'completed'), `ending ${row?.ending?.reason} of a ${final.stage} order`],
    [final.payment.status === 'held', 'its money is held'],
    [
      final.stage !== 'completed' && reports.some((id) => /delivered|the-last/.test(id)) && !isLate(row?.attention),
      'a delivery that nobody hears of',
    ],
    [final.stage === 'completed' && row?.attention !== null && !isLate(row?.attention), 'attention at its end'],
    ...Object.entries(answers).flatMap(([move, answer]): [boolean, string][] => [
      [answer.status >= 500 || answer.status === 429, `${move} was answered ${answer.status}`],
      [answer.status === 202 && !reports.includes(`race-${move}`), `${move} was taken and is not on record`],
      [
        row?.ending?.reason === reasonOf(move) && answer.status !== 200,
        `${move} ended it and was answered ${answer.status}`,
      ],
      [
        ['cancel', 'abort', 'refuse', 'stop'].includes(move) && answer.status === 200 && final.stage === 'completed',
        `${move} was granted, and the order is completed`,
      ],
      [
        move === 'demand' && answer.status < 300 && !['settled', 'refunded'].includes(final.payment.status),
        `${move} was paid, and the payment is ${final.payment.status}`,
      ],
    ]),
  ];
  return faults.filter(([isFault]) => isFault).map(([, what]) => `${order.id} ${nameOf(race)}: ${what}`);
}

function isLate(attention: { reason: string } | null | undefined): boolean {
  return attention?.reason === 'ReportAfterEnd';
}

function nameOf({ ending, message, offsetMs, situation }: Race): string {
  return `${situation.stage}: ${ending}, ${offsetMs} ms later ${message}`;
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  take: (item: Item) => Promise<Result[]>,
): Promise<Result[]> {
  const waiting = [...items];
  const results: Result[] = [];
  const playOneByOne = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) results.push(...(await take(item)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playOneByOne));
  return results;
}

test.each(Object.entries(SITUATIONS))(
  'while %s, every ending and every message come to one truth',
  async (_name, situation) => {
    const races = racesFrom(situation);
    const { paymentDemand } = situation;
    const mill = { name: 'The Mill', paymentDemand };
    if (paymentDemand)
      await service.ask('PUT', '/v1/registry/sellers/seller-mill', { as: 'operator-olga', body: mill });
    expect(races.length).toBeGreaterThan(10);
    expect(await inTurns(races, faultsOf)).toEqual([]);
  },
);

test('after all of them, books and workflows agree', async () => {
  const facts = workflowRegister(client, ORDER_WORKFLOW);
  const now = new Date(Date.now() + 60_000);
  const drift = await reconcile(service.database.orm, { facts, now, quietForMs: 0, closedSince: new Date(0) });
  expect(drift).toEqual([]);
});
