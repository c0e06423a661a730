import { setTimeout as sleep } from 'node:timers/promises';
import { finalOrder, orderWhen, testService, type TestService } from '../support/service.ts';
import { honest } from '../support/site-behaviours.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';

/*
 * An order ends while its messages are on their way to the parties' own servers, at any moment: one ending, the same in row and
 * workflow, the money back, and each server that has had anything of it is notified of the end, after everything else.
 */

let service: TestService;
let pair: SitePair;
beforeAll(async () => {
  service = await testService();
  pair = await sitePair(service, 'races');
  for (const site of [pair.seller, pair.distributor]) {
    const good = honest();
    // Answers take their time, so that every moment of a transmission is met.
    site.behaviour = async (claims, self, text) => {
      await sleep(40);
      return good(claims, self, text);
    };
  }
});
afterAll(async () => {
  await pair.close();
  await service.close();
});

const OFFSETS_MS = [0, 15, 30, 60, 90, 120, 160, 200, 250, 300, 400, 600];
const ENDINGS = {
  cancel: (id: string) => service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } }),
  abort: (id: string) =>
    service.ask('POST', `/v1/orders/${id}/interventions`, {
      as: 'operator-olga',
      body: { action: 'abort', reason: 'enough' },
    }),
  refuse: (id: string) => pair.seller.askOffice('POST', `/v1/orders/${id}/refusal`, { reason: 'changed my mind' }),
} as const;
type Ending = keyof typeof ENDINGS;

const RACES = (Object.keys(ENDINGS) as Ending[]).flatMap((ending) =>
  OFFSETS_MS.map((offsetMs, index) => ({ ending, offsetMs, settleOn: index % 2 === 0 ? 'delivery' : 'notice' })),
);

async function faultsOf({ ending, offsetMs, settleOn }: (typeof RACES)[number]): Promise<string[]> {
  const key = `${ending} ${offsetMs}`;
  const { id } = (await service.ask('POST', '/v1/orders', { body: { ...pair.order, settleOn }, key })).body;
  await sleep(offsetMs);
  const answer = await ENDINGS[ending](id);
  // Whoever came too late leaves it on its way: then its goods arrive.
  if (answer.status !== 200) await delivered(id);
  const [order, result] = [await finalOrder(service, id), await service.client.workflow.getHandle(id).result()];
  const isEarly = order.stage !== 'completed';
  const faults: [boolean, string][] = [
    [answer.status >= 500, `it was answered ${answer.status}`],
    [(answer.status === 200) !== isEarly, `it was answered ${answer.status}, and the order is ${order.stage}`],
    [(result as { stage: string }).stage !== order.stage, 'row and workflow differ'],
    [order.payment.status === 'held', 'its money is held'],
    [order.attention !== null, 'attention at its end'],
    ...(isEarly ? [wrongWords('seller', id, 'ended'), wrongWords('distributor', id, 'withdrawn')].flat() : []),
  ];
  return faults.filter(([isFault]) => isFault).map(([, what]) => `${key}: ${what}`);
}

/** Whoever has had anything of the order has the end as the last of it. */
function wrongWords(role: 'seller' | 'distributor', id: string, last: string): [boolean, string][] {
  const kinds = pair[role].tries.flatMap(({ claims }) => (claims?.sub === id ? [claims.kind] : []));
  if (kinds.length === 0) return [];
  return [[kinds.at(-1) !== last, `the ${role} was last notified of ${String(kinds.at(-1))}`]];
}

async function delivered(id: string): Promise<void> {
  const [onItsWay, over] = [
    ['scheduled', 'in_distribution'],
    ['delivered', 'completed', 'cancelled', 'rejected', 'refunded'],
  ];
  const { stage } = await orderWhen(service, id, (order) => [...onItsWay, ...over].includes(order.stage));
  if (onItsWay.includes(stage)) await reportBy(pair.distributor, id, 'proof');
}

test('whenever it ends, it ends once, and its servers are notified of it last', async () => {
  const waiting = [...RACES];
  const faults: string[] = [];
  const runOneByOne = async () => {
    for (let race = waiting.shift(); race; race = waiting.shift()) faults.push(...(await faultsOf(race)));
  };
  await Promise.all(Array.from({ length: 4 }, runOneByOne));
  expect(faults).toEqual([]);
});
