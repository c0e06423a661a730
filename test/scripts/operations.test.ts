import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { reconcileNow } from '../../cli/ops/reconcile.ts';
import { finalOrder, orderFor, orderWhen, scheduledOrder, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(PROJECT, 'docs/operations.md'), 'utf8');

/** The commands of the operations page are run as they stand there, against orders that are really stuck. */
let service: TestService;
let broken = true;
beforeAll(async () => {
  service = await testService((steps) => ({
    ...steps,
    scheduleDispatch: async (input: Parameters<typeof steps.scheduleDispatch>[0]) => {
      if (broken) throw new Error('the registry does not answer');
      return steps.scheduleDispatch(input);
    },
    judgeCredit: async (input: Parameters<typeof steps.judgeCredit>[0]) => {
      if (input.buyerId === 'buyer-bob') throw new Error('the account database does not answer');
      return steps.judgeCredit(input);
    },
  }));
});
afterAll(() => service.close());

function commandOf(name: string): string {
  const block = new RegExp(`^\`\`\`sh ${name}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(PAGE);
  if (!block?.[1]) throw new Error(`docs/operations.md has no block ${name}`);
  return block[1];
}

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs blocks of the page in a shell, one after the other. */
function run(names: string, env: Record<string, string> = {}): Promise<Ran> {
  const { address, namespace } = service.temporal;
  const path = [join(PROJECT, '.tools/venv/bin'), dirname(process.execPath), process.env['PATH']].join(':');
  const shell = spawn('sh', ['-euc', names.split(' ').map(commandOf).join('\n')], {
    cwd: PROJECT,
    env: {
      PATH: path,
      HOME: '/tmp',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: service.database.serviceUrl,
      ...env,
    },
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  return new Promise((resolve) => shell.once('close', (code) => resolve({ code, output })));
}

/** Visibility lags: asks until the answer is as wanted. */
async function runUntil(name: string, wanted: (output: string) => boolean): Promise<string> {
  const { output } = await until(
    () => run(name),
    (ran) => wanted(ran.output),
    { what: `${name}: ${String(wanted)}`, seen: (ran) => ran.output },
  );
  return output;
}

/** What came of a retry it says within seconds, or that it is still trying. */
function runUntilSettled(name: string, env: Record<string, string> = {}): Promise<Ran> {
  return until(
    () => run(name, env),
    ({ output }) => !output.includes('still trying'),
  );
}

async function stuckOrder(key: string): Promise<string> {
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key });
  await orderWhen(service, body.id, ({ attention }) => attention?.step === 'scheduleDispatch');
  return body.id;
}

async function interventionsOf(id: string) {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  return body.data.filter(({ type }: { type: string }) => type === 'intervention_made');
}

test('stuck orders are found by one query, read, retried, aborted and delivered as the page says', async () => {
  const ids = await Promise.all(['one', 'two', 'three', 'four'].map(stuckOrder));
  const [retried = '', aborted = '', abortedPlainly = '', held = ''] = ids;

  const listed = await runUntil('stuck', (output) => output.includes('4 in all'));
  // A loaded machine may lose the first attempt, the one that gave the order its reason.
  for (const id of ids) expect(listed).toMatch(new RegExp(`${id} +accepted +scheduleDispatch +(Error|TimedOut)`));
  await runUntil('find', (output) => ids.every((id) => output.includes(id)));

  const card = await run('begin card', { ORDER: retried });
  expect(card).toMatchObject({ code: 0 });
  expect(card.output).toContain('Needs attention');
  expect(card.output).toContain('the registry does not answer');

  const dry = await run('dry-run');
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.output).toContain(`${retried}: would be retried`);
  expect(listed).toContain('The queue countersign-orders is read by');
  expect(listed).toMatch(/StepFailed: a step fails|TimedOut: a step did not answer/);
  expect(await interventionsOf(retried)).toEqual([]);

  const { output: pending } = await run('card', { ORDER: held });
  const activity = /ActivityId +(\d+)/.exec(pending);
  expect(await run('pause', { ORDER: held, ACTIVITY: activity?.[1] ?? '' })).toMatchObject({
    code: 0,
  });

  expect(await run('abort', { ORDER: aborted })).toMatchObject({ code: 0 });
  expect(await run('abort-one', { ORDER: abortedPlainly })).toMatchObject({ code: 0 });
  for (const id of [aborted, abortedPlainly])
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled', payment: { status: 'voided' } });

  expect(await run('retry-one', { ORDER: retried })).toMatchObject({ code: 0 });
  broken = false;
  const retriedAll = await runUntil('retry', (output) => output.includes('0 orders') || output.includes('went on'));
  if (!retriedAll.includes('0 orders')) expect(retriedAll).toMatch(/order-\w+: went on, now scheduled/);
  for (const id of [retried, held]) {
    await orderWhen(service, id, ({ stage, attention }) => stage === 'scheduled' && attention === null);
    expect(await run('confirm', { ORDER: id })).toMatchObject({ code: 0 });
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  }
  const [plain] = await interventionsOf(retried);
  expect(plain).toMatchObject({ actor: 'olga', body: { action: 'retry', reason: 'the registry is back' } });
  const [byCommand] = await interventionsOf(aborted);
  expect(byCommand.body).toMatchObject({ action: 'abort', reason: 'nobody delivers there' });
});

test('a credit judgement that cannot be had is stood in for as the page says', async () => {
  broken = false;
  const id = orderIdFor('buyer-bob', 'unjudged');
  // It is answered when the credit is judged, or stood in for.
  const posted = service.ask('POST', '/v1/orders', { as: 'buyer-bob', body: orderFor(), key: 'unjudged' });
  await runUntil('stuck', (output) => output.includes(id) && output.includes('judgeCredit'));
  expect(await run('override-credit', { ORDER: id })).toMatchObject({ code: 0 });
  expect(await posted).toMatchObject({ status: 201, body: { id } });
  await orderWhen(service, id, ({ stage, attention }) => stage === 'scheduled' && attention === null);
  const [stoodIn] = await interventionsOf(id);
  expect(stoodIn.body).toMatchObject({ action: 'override_credit', reason: 'judged by telephone' });
});

test('what came of a retry that helped nobody is said, with the last error', async () => {
  broken = true;
  const id = await stuckOrder('again');
  await runUntil('stuck', (output) => output.includes(id));
  const { code, output } = await runUntilSettled('retry');
  expect(code).toBe(1);
  expect(output).toContain(`${id}: failed again: the registry does not answer`);
  const alone = await runUntilSettled('retry-order', { ORDER: id });
  expect(alone).toMatchObject({ code: 1, output: expect.stringContaining(`${id}: failed again`) });
  broken = false;
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
});

test('an order whose workflow was terminated is found, resumed and aborted as the page says', async () => {
  broken = false;
  const waiting = { presentation: 'manual' };
  const [resumed, aborted] = await Promise.all(
    ['resumed', 'ended'].map(async (key) => {
      const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(waiting), key });
      await orderWhen(service, body.id, ({ stage }) => stage === 'check_issued');
      return String(body.id);
    }),
  );
  const listed = await runUntil('waiting', (output) => output.includes(String(resumed)));
  expect(listed).toMatch(new RegExp(`${resumed} +check_issued +buyer-ada +to present the check`));
  expect(await run('resume', { ORDER: String(resumed) })).toMatchObject({
    code: 1,
    output: expect.stringContaining('there is nothing to resume'),
  });
  for (const id of [resumed, aborted]) await service.client.workflow.getHandle(String(id)).terminate('by mistake');
  const stuck = await runUntil(
    'stuck',
    (output) => output.includes(String(aborted)) && output.includes(String(resumed)),
  );
  expect(stuck).toMatch(new RegExp(`${resumed} +check_issued +workflow +WorkflowTerminated`));
  expect((await run('find-ended')).output).toContain(resumed);
  expect((await run('find-failing')).code).toBe(0);
  const shown = await cli('show', String(aborted));
  expect(shown.output).toContain('needs a person: WorkflowTerminated');
  expect(await run('abort', { ORDER: String(aborted) })).toMatchObject({ code: 0 });
  expect(await finalOrder(service, String(aborted))).toMatchObject({
    stage: 'cancelled',
    payment: { status: 'voided' },
  });
  expect(await run('resume', { ORDER: String(resumed) })).toMatchObject({
    code: 0,
    output: expect.stringContaining('resumed, goes on from check_issued'),
  });
  await runUntil('stuck', (output) => !output.includes(String(resumed)) && !output.includes(String(aborted)));
  const withoutBooks = await run('stuck', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  expect(withoutBooks.output).not.toContain(String(resumed));
  expect(withoutBooks.output).toContain('1 workflow ended unusually; whether their orders are still open');
  const [made] = await interventionsOf(String(resumed));
  expect(made.body).toMatchObject({ action: 'resume', reason: 'terminated by mistake' });
});

test('a report after the end is acknowledged as the page says', async () => {
  const body = { id: await scheduledOrder(service, 'late') };
  for (const decision of ['acknowledge', 'resume']) {
    const well = await cli(decision, body.id, '--because', 'a guess');
    expect(well).toMatchObject({ code: 1, output: expect.stringMatching(/nothing is known to be wrong.*`ops show`/) });
  }
  await service.ask('POST', `/v1/orders/${body.id}/cancellation`, { body: { reason: 'enough' } });
  await finalOrder(service, body.id);
  await service.ask('POST', `/v1/orders/${body.id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'late-1', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
  await runUntil('stuck', (output) => output.includes(body.id) && output.includes('ReportAfterEnd'));
  const shown = await cli('show', body.id);
  expect(shown.output).toContain('needs a person: ReportAfterEnd');
  expect(shown.output).toMatch(/reported: delivered at .*Z, event late-1/);
  expect(shown.output).not.toContain('temporal workflow');
  expect(await run('acknowledge', { ORDER: body.id })).toMatchObject({ code: 0 });
  expect(await run('acknowledge', { ORDER: body.id })).toMatchObject({ code: 1 });
  expect((await run('stuck')).output).not.toContain(body.id);
});

test('without the database the lists come from Temporal, without Temporal from the database, and what is missing is named', async () => {
  broken = true;
  const id = await stuckOrder('alone');
  await runUntil('stuck', (output) => output.includes(id));
  const NOWHERE = 'postgres://nobody:secret@127.0.0.1:1/none';
  const withoutBooks = await until(
    () => run('stuck', { DATABASE_URL: NOWHERE }),
    ({ output }) => output.includes(id),
  );
  expect(withoutBooks.code).toBe(0);
  expect(withoutBooks.output).toMatch(/^The database cannot be reached at 127\.0\.0\.1:1 .*DATABASE_URL/m);
  expect(withoutBooks.output).not.toContain('secret');
  await until(
    () => run('waiting', { DATABASE_URL: NOWHERE }),
    ({ code }) => code === 0,
  );
  // What was not looked at is no all-clear.
  const nobodyWaits = await cliWith({ DATABASE_URL: NOWHERE }, 'waiting', '--party', 'distributor-swift');
  expect(nobodyWaits).toMatchObject({ code: 1, output: expect.stringContaining('The database could not be asked') });

  const withoutTemporal = await run('stuck', { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(withoutTemporal).toMatchObject({ code: 0, output: expect.stringContaining(id) });
  expect(withoutTemporal.output).toMatch(/^Temporal at 127\.0\.0\.1:1 does not answer .*TEMPORAL_ADDRESS/m);

  const neither = await run('stuck', { TEMPORAL_ADDRESS: '127.0.0.1:1', DATABASE_URL: NOWHERE });
  expect(neither.code).toBe(1);
  expect(neither.output).not.toMatch(/^ +at /m);
  const nothing = await run('retry', { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(nothing).toMatchObject({ code: 1, output: expect.stringContaining('TEMPORAL_ADDRESS') });
  broken = false;
  await run('retry');
  await orderWhen(service, id, ({ stage, attention }) => stage === 'scheduled' && attention === null);
  const nothingFound = await run('stuck', { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(nothingFound).toMatchObject({ code: 1, output: expect.stringContaining('Temporal could not be asked') });
  expect(nothingFound.output).not.toContain('No order needs anybody');
});

test('a comparison that cannot begin, or not compare all, says so', async () => {
  const whole = { within: 300, since: new Date(0) };
  const temporal = { client: service.client, health: service.deps.gateway.health };
  const frozen = reconcileNow({ temporal, notes: ['The database cannot be reached at db:5432 (no answer)'] }, whole);
  await expect(frozen).rejects.toThrow(
    /^nothing was compared, because the database does not answer: .*`ops reconcile`$/,
  );
  const books = service.database.orm;
  const alone = await reconcileNow({ books, notes: ['Temporal cannot be reached at nowhere.'] }, whole);
  expect(alone.notCompared).toEqual([
    expect.stringMatching(/^the texts of messages and receipts: .*DATA_DIR/),
    'orders with their workflows: Temporal cannot be reached at nowhere.',
  ]);
  const hurried = await reconcileNow({ books, temporal, notes: [] }, { ...whole, within: 0 });
  expect(hurried.notCompared).toHaveLength(3);
  expect(hurried.notCompared[0]).toBe('ledger, holds, checks, orders and messages: not within 0 seconds');
});

test('a wrong order, a wrong step and a refusal are said in words, with an exit code', async () => {
  broken = false;
  const wrongId = await cli('show', 'order-1');
  expect(wrongId).toMatchObject({ code: 1, output: expect.stringContaining('is no order id') });
  const wrongStep = await cli('stuck', '--step', "x' or 'a'='a");
  expect(wrongStep).toMatchObject({ code: 1, output: expect.stringContaining('is no step or reason') });
  const unknownStep = await cli('stuck', '--step', 'sheduleDispatch');
  expect(unknownStep).toMatchObject({ code: 1, output: expect.stringContaining('sheduleDispatch is no step: ') });
  const unknownReason = await cli('stuck', '--reason', 'Foo');
  expect(unknownReason).toMatchObject({ code: 1, output: expect.stringContaining('Foo is no reason: NoWorker, ') });
  expect(await cli('stuck', '--reason', 'Parked')).toMatchObject({ code: 0 });
  const unknownParty = await cli('waiting', '--party', 'seller-milk');
  expect(unknownParty).toMatchObject({ code: 1, output: expect.stringContaining('seller-milk is no party') });
  expect(await cli('waiting', '--party', 'distributor-swift')).toMatchObject({ code: 0 });
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'well' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  await service.ask('POST', `/v1/orders/${body.id}/cancellation`, { body: { reason: 'enough' } });
  expect(await cli('abort', body.id, '--because', 'too late')).toMatchObject({ code: 1 });
  expect(await cli('retry', '--step', 'scheduleDispatch')).toMatchObject({ code: 2 });
  const nobody = await cli('retry', '--because', 'a guess');
  expect(nobody).toMatchObject({ code: 1, output: expect.stringContaining('Name the order') });
  const notStuck = await cli('retry', body.id, '--because', 'a guess');
  expect(notStuck).toMatchObject({ code: 1, output: expect.stringContaining(`${body.id} is not stuck`) });
  for (const decision of ['show', 'retry', 'abort', 'override-credit', 'resume', 'acknowledge']) {
    const because = decision === 'show' ? [] : ['--because', 'a guess'];
    const unknown = await cli(decision, orderIdFor('buyer-bob', 'never placed'), ...because);
    expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('there is no such order: `ops stuck`') });
  }
  const stranger = await cli('stuck', '--party', 'seller-milk');
  expect(stranger).toMatchObject({ code: 1, output: expect.stringContaining('seller-milk is no party') });
});

const cli = (...args: string[]): Promise<Ran> => cliWith({}, ...args);

function cliWith(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  const { address, namespace } = service.temporal;
  const command = spawn(process.execPath, [join(PROJECT, 'cli/countersign.mjs'), 'ops', ...args], {
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: service.database.serviceUrl,
      ...env,
    },
  });
  let output = '';
  for (const stream of [command.stdout, command.stderr])
    stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  return new Promise((resolve) => command.once('close', (code) => resolve({ code, output })));
}
