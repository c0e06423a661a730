import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { listStuck } from '../../cli/ops/stuck.ts';
import { orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/* The first attempt at a step was lost, and the later ones fail otherwise: the list of stuck orders follows. */

let service: TestService;
let repaired = false;
beforeAll(async () => {
  let tries = 0;
  // Not bounded as the office's own steps are, which say `DatabaseSlow` before their attempt is given up.
  service = await testService((steps) => ({
    ...steps,
    priceOrder: async (input: Parameters<typeof steps.priceOrder>[0]) => {
      tries += 1;
      if (tries === 1) await sleep(3_000);
      if (repaired) return steps.priceOrder(input);
      throw ApplicationFailure.retryable('connect ECONNREFUSED', 'DatabaseUnavailable');
    },
  }));
});
afterAll(() => service.close());

/** What `ops stuck --reason` lists. */
async function stuckBecauseOf(reason: string): Promise<string[]> {
  const { client, deps } = service;
  const temporal = { client, health: deps.gateway.health };
  const { orders } = await listStuck({ temporal, books: deps.orm, notes: [] }, { reason });
  return orders.map((order) => order.id);
}

test('an attempt that did not answer is shown as such only until the next one says what is wrong', async () => {
  const posted = service.ask('POST', '/v1/orders', { body: orderFor(), key: 'lost' });
  const { body } = await until(
    () => service.ask('GET', '/v1/orders?attention=true', { as: 'operator-olga' }),
    (answer) => answer.body.data?.[0]?.attention.reason === 'DatabaseUnavailable',
    { what: 'the true cause', seen: (answer) => answer.body },
  );
  expect(body.data).toMatchObject([{ attention: { step: 'priceOrder' } }]);
  const [{ id }] = body.data;
  expect(await stuckBecauseOf('DatabaseUnavailable')).toEqual([id]);
  expect(await stuckBecauseOf('DatabaseLocked')).toEqual([]);

  repaired = true;
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await posted;
});
