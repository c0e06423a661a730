import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { finalOrder, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { breakable, unreachable } from './support/breakable.ts';
import { cardWhen } from './support/cards.ts';
import { until } from '../support/until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const { faults, activities } = breakable();
let service: TestService;
beforeAll(async () => {
  service = await testService(activities);
  const path = '/v1/registry/sellers/seller-mill';
  const seller = { name: 'The mill', status: 'active', agent: 'manual', feeBasisPoints: 0 };
  const { status } = await service.ask('PUT', path, { as: 'operator-olga', body: seller });
  if (status !== 200) throw new Error(`the seller was not changed: ${status}`);
});
afterAll(() => service.close());

/** Runs a command of the card in a shell, exactly as it stands there. */
async function paste(card: string, wanted: RegExp): Promise<void> {
  const command = [...card.matchAll(/```sh\n(.*)\n```/g)].map(([, line]) => line!).find((line) => wanted.test(line));
  if (command === undefined) throw new Error(`no ${String(wanted)} on the card:\n${card}`);
  const path = [join(PROJECT, '.tools/venv/bin'), dirname(process.execPath), process.env['PATH']].join(':');
  const env = { PATH: path, HOME: '/tmp', TEMPORAL_ADDRESS: service.temporal.address };
  await promisify(execFile)('sh', ['-euc', command], { env });
}

async function eventsOf(id: string, type: string): Promise<{ actor: string; body: Record<string, unknown> }[]> {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  return body.data.filter((event: { type: string }) => event.type === type);
}

/** It is noted beside what it does. */
async function interventionOn(id: string) {
  const [made] = await until(
    () => eventsOf(id, 'intervention_made'),
    ({ length }) => length > 0,
  );
  return made;
}

interface Shown {
  readonly id: string;
  readonly card: string;
}

async function waitingForSeller(key: string): Promise<Shown> {
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key });
  await orderWhen(service, body.id, ({ stage }) => stage === 'presented');
  return { id: body.id, card: await cardWhen(service.client, body.id, /waits for seller-mill/) };
}

/** An order that is stuck at its acceptance. Where a loaded machine has lost the first attempt, its card says that, and not the fault: then another one. */
async function stuckAtAcceptance(): Promise<Shown> {
  for (let tries = 1; ; tries += 1) {
    const { id } = await waitingForSeller(`stuck ${tries}`);
    void service.ask('POST', `/v1/orders/${id}/acceptance`, { as: 'seller-mill' });
    const card = await cardWhen(service.client, id, /Needs attention: acceptOrder/);
    if (!card.includes('TimedOut') || tries === 10) return { id, card };
  }
}

test('an order that waits for its seller says since when, and its commands act as they stand', async () => {
  const { id, card } = await waitingForSeller('waits');
  expect(card).toMatch(/waits for seller-mill, since \d{4}-.*Z/);
  expect(card).toContain(`--namespace ${service.temporal.namespace} --workflow-id ${id}`);
  expect(card).toContain('--address host:port');
  expect(card).not.toMatch(/<your|"…"|"\.\.\."/);
  await paste(card, /--name accept/);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const scheduled = await cardWhen(service.client, id, /--name deliveryConfirmed/);
  await paste(scheduled, /--name deliveryConfirmed/);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
});

test("an order whose seller never decides is ended by the card's command, and who did it is on record", async () => {
  const { id, card } = await waitingForSeller('ended');
  await paste(card, /"action":"abort"/);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled' });
  expect(await interventionOn(id)).toMatchObject({
    actor: 'temporal',
    body: { action: 'abort', reason: 'ended because seller-mill does not act' },
  });
});

test("a stuck order's card says what its reason means, and its retry works as it stands", async () => {
  faults.set('acceptOrder', unreachable);
  const { id, card } = await stuckAtAcceptance();
  expect(card).toContain('the database does not answer. What to do: start it again');
  faults.clear();
  await paste(card, /"action":"retry"/);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const retried = { reason: 'tried again after DatabaseUnavailable' };
  expect(await interventionOn(id)).toMatchObject({ actor: 'temporal', body: retried });
});

test('a command with a placeholder in it is refused', async () => {
  const { id } = await waitingForSeller('placeholder');
  for (const reason of ['…', '...', '<why>'])
    await expect(
      service.client.workflow.getHandle(id).executeUpdate('intervene', { args: [{ action: 'abort', reason }] }),
    ).rejects.toThrow('Workflow Update failed');
  expect(await eventsOf(id, 'intervention_made')).toEqual([]);
});
