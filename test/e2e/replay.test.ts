import { setTimeout as sleep } from 'node:timers/promises';
import type { createOrderActivities } from '../../activities/index.ts';
import { finalOrder, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

type Steps = ReturnType<typeof createOrderActivities>;

/** Steps that are taken at the same time: each fails at another moment, until the cause is fixed. */
const TOGETHER = [
  ['priceOrder', 0],
  ['verifySellerRegistration', 60],
  ['judgeCredit', 120],
  ['verifyDistributorRegistration', 180],
  ['notifyOfficeOfCompletion', 0],
  ['notifySellerOfCompletion', 90],
] as const satisfies [keyof Steps, number][];

let broken = false;
let service: TestService;
beforeAll(async () => {
  service = await testService((steps) => ({
    ...steps,
    ...Object.fromEntries(TOGETHER.map(([name, delayMs]) => failing(steps, name, delayMs))),
  }));
});
afterAll(() => service.close());

function failing(steps: Steps, name: keyof Steps, delayMs: number) {
  const step = steps[name] as (input: unknown) => Promise<unknown>;
  const wrapped = async (input: unknown) => {
    if (!broken) return step(input);
    await sleep(delayMs);
    throw new Error('the registers cannot be reached');
  };
  return [name, wrapped] as const;
}

/** Another worker knows nothing of the order but its history: it replays the workflow up to where it was. */
async function byAnotherWorker(): Promise<void> {
  await service.stopWorkers();
  broken = false;
  await service.startWorker();
}

test('steps that failed at the same time are replayed by another worker as they ran first', async () => {
  broken = true;
  const posting = service.ask('POST', '/v1/orders', { body: orderFor(), key: 'replayed' });
  const { withAttention } = await until(
    () => service.deps.gateway.health.findings(),
    ({ withAttention: found }) => found.length > 0,
  );
  await byAnotherWorker();
  const { body } = await posting;
  expect(withAttention[0]?.id).toBe(body.id);
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');

  broken = true;
  await service.ask('POST', `/v1/orders/${body.id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'e1', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
  await orderWhen(service, body.id, ({ attention }) => attention?.step.startsWith('notify'));
  await byAnotherWorker();
  expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'completed' });
});
