import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { finalOrder, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { breakable, unreachable } from './support/breakable.ts';
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

async function cardOf(id: string): Promise<string> {
  const metadata = await service.client.workflow.getHandle(id).query('__temporal_workflow_metadata');
  return (metadata as { currentDetails: string }).currentDetails;
}

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

async function waitingForSeller(key: string): Promise<string> {
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key });
  await orderWhen(service, body.id, ({ stage }) => stage === 'presented');
  return body.id;
}

function cardWhen(id: string, wanted: RegExp): Promise<string> {
  return until(
    () => cardOf(id),
    (card) => wanted.test(card),
    { what: String(wanted) },
  );
}

test('an order that waits for its seller says since when, and its commands act as they stand', async () => {
  const id = await waitingForSeller('waits');
  const card = await cardWhen(id, /waits for seller-mill, since \d{4}-.*Z/);
  expect(card).toContain(`--namespace ${service.temporal.namespace} --workflow-id ${id}`);
  expect(card).toContain('--address host:port');
  expect(card).not.toMatch(/<your|"…"|"\.\.\."/);
  await paste(card, /--name accept/);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await paste(await cardOf(id), /deliveryConfirmed/);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
});

test("an order whose seller never decides is ended by the card's command, and who did it is on record", async () => {
  const id = await waitingForSeller('ended');
  await paste(await cardWhen(id, /waits for seller-mill/), /"action":"abort"/);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled' });
  const [made] = await eventsOf(id, 'intervention_made');
  expect(made).toMatchObject({
    actor: 'temporal',
    body: { action: 'abort', reason: 'ended because seller-mill does not act' },
  });
});

test("a stuck order's card says what its reason means, and its retry works as it stands", async () => {
  faults.set('acceptOrder', unreachable);
  const id = await waitingForSeller('stuck');
  void service.ask('POST', `/v1/orders/${id}/acceptance`, { as: 'seller-mill' });
  const card = await cardWhen(id, /Needs attention: acceptOrder/);
  expect(card).toContain('the database does not answer. What to do: start it again');
  faults.clear();
  await paste(card, /"action":"retry"/);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const [made] = await eventsOf(id, 'intervention_made');
  expect(made).toMatchObject({ actor: 'temporal', body: { reason: 'tried again after DatabaseUnavailable' } });
});

test('a command with a placeholder in it is refused', async () => {
  const id = await waitingForSeller('placeholder');
  for (const reason of ['…', '...', '<why>'])
    await expect(
      service.client.workflow.getHandle(id).executeUpdate('intervene', { args: [{ action: 'abort', reason }] }),
    ).rejects.toThrow('Workflow Update failed');
  expect(await eventsOf(id, 'intervention_made')).toEqual([]);
});
