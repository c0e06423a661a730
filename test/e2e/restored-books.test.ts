import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startedWith } from '../../api/temporal/started-with.ts';
import { parseOrderId } from '../../domain/ids.ts';
import { recordRequested } from '../../office/orders/index.ts';
import { sweep } from '../../office/reconciliation/index.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import type { RestoreDeps } from '../../restore/index.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { expectProblem } from '../api/support.ts';
import { rewindableBooks } from '../support/rewinding.ts';
import { testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { compared, restoreDeps, restored, untilAgreed } from './restored-deps.ts';
import {
  balancesOf,
  type Before,
  bookOf,
  booksOf,
  goOn,
  inTurns,
  liveUntilRestored,
  type Living,
  nameOf,
  repeatedRequest,
  wholeLife,
} from './restored-lives.ts';

/* The books come back from a backup, older than Temporal: what the orders have done since is taken from their workflows' histories. */

const MAIN = fileURLToPath(new URL('../../cli/countersign.mjs', import.meta.url));

let service: TestService;
let books: Awaited<ReturnType<typeof rewindableBooks>>;
let deps: RestoreDeps;
let before: Before;
let living: readonly Living[];

beforeAll(async () => {
  service = await testService(undefined, { decisionWaitMs: 2_000 });
  books = await rewindableBooks(service.database);
  deps = await restoreDeps(service);
  before = await liveUntilRestored(service, books);
  living = before.living;
});
afterAll(async () => {
  await service.close();
  await books.close();
});

const isNew = ({ life }: Pick<Living, 'life'>) => life.kept < 0;
const hasMoved = ({ life }: Living) => life.kept < life.lived || life.path === 'declined';
/** Within its stage: only its history says it. */
const hasStayed = ({ life }: Living) =>
  (life.path === 'by hand' && life.kept === 2 && life.lived === 3) ||
  (life.path === 'planned again' && life.kept === 1);

test('nothing false is said of an order that the books have lost, and nothing of it is changed', async () => {
  await until(
    () => service.ask('GET', '/v1/account'),
    ({ status }) => status === 200,
  );
  // What a step of a worker that was left running would put on record of one.
  const halfKnown = parseOrderId(living.find(({ life }) => isNew({ life }) && life.workflow === 'reset')?.id ?? '')!;
  await recordRequested(service.deps.orm.em.fork(), await startedWith(service.client, halfKnown));
  for (const { life, id, request } of living.filter(isNew)) {
    const repeated = await service.ask('POST', '/v1/orders', request);
    // Nobody works: what became of it only the books could say, and they do not have it.
    expect([nameOf(life), repeated.status]).toEqual([nameOf(life), life.path === 'declined' ? 402 : 503]);
    if (id === halfKnown) continue;
    expectProblem(await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'x' } }), 'not-found');
  }
});

test('the comparison names each of them, with the command that repairs it', async () => {
  const found = await compared(service);
  const named = new Set(found.map(({ orderId }) => orderId));
  for (const one of living)
    expect([nameOf(one.life), named.has(one.id)]).toEqual([nameOf(one.life), hasMoved(one) && !hasStayed(one)]);
  for (const { whatToDo } of found) expect(whatToDo).toContain('npm run ops -- resume ORDER');
});

/** When every check has run out. */
const MUCH_LATER = () => new Date(Date.now() + 60 * 86_400_000);

test('a check that ran out meanwhile is left alone where its workflow has come to its end: it may be paid', async () => {
  const workflows = workflowRegister(service.client, ORDER_WORKFLOW);
  expect(await sweep({ orm: service.deps.orm, clock: MUCH_LATER, workflows })).toEqual([]);
  const paid = living.find(isPaidAndOpen);
  const found = await compared(service, MUCH_LATER);
  expect(found.filter(({ orderId }) => orderId === paid?.id)).toMatchObject([{ kind: 'record-behind' }]);
});

/** Its check is merely issued on record, and its workflow has paid it. */
const isPaidAndOpen = ({ life }: Living) => life.path === 'by hand' && life.kept === 0 && life.lived === 6;

test('a dry run says what would be taken from the histories, and changes nothing', async () => {
  const balances = await balancesOf(service);
  const would = await restored(deps, true);
  for (const one of living) {
    const { rebuilt = [] } = would.get(one.id) ?? {};
    expect([nameOf(one.life), rebuilt.length > 0]).toEqual([nameOf(one.life), hasMoved(one)]);
  }
  expect(await balancesOf(service)).toEqual(balances);
});

/** Starts an operator's command, with the service's own settings. */
function startOps(...args: string[]) {
  const { address, namespace } = service.temporal;
  const [signing = ''] = readdirSync(service.keyFolder).filter((name) => name.startsWith('echeck-'));
  return spawn(process.execPath, [MAIN, 'ops', ...args, '--because', 'restored from the backup'], {
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: service.database.serviceUrl,
      ECHECK_KEYS_FILE: join(service.keyFolder, signing),
      MASTER_KEY_FILE: join(service.keyFolder, 'master.jwk.json'),
      CHECK_ISSUER: 'countersign-test',
    },
  });
}

async function ops(...args: string[]): Promise<{ code: number | null; output: string }> {
  const command = startOps(...args);
  let output = '';
  for (const stream of [command.stdout, command.stderr])
    stream.on('data', (piece: Buffer) => (output += String(piece)));
  const [code] = await once(command, 'close');
  return { code, output };
}

test('an order whose workflow has paid it is not aborted from its row', async () => {
  const { id = '' } = living.find(isPaidAndOpen) ?? {};
  const balances = await balancesOf(service);
  const body = { action: 'abort', reason: 'x' };
  const byRequest = await service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body });
  expectProblem(byRequest, 'illegal-transition');
  expect(byRequest.body.detail).toContain('has come to its end, and the record knows less');
  expect(await balancesOf(service)).toEqual(balances);
});

test('one lost order is not aborted before it is on record, and one command puts it there', async () => {
  const completed = living.find(({ life }) => life.path === 'by hand' && life.kept < 0 && life.lived === 6);
  const { id = '', life } = completed ?? {};
  const lost =
    /^order-\w+: the order is not on record, and Temporal knows its workflow.*`ops resume` puts it on record/m;
  expect(await ops('abort', id)).toMatchObject({ code: 1, output: expect.stringMatching(lost) });
  const body = { action: 'abort', reason: 'x' };
  const byRequest = await service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body });
  expectProblem(byRequest, 'illegal-transition');
  expect(byRequest.body.detail).toContain('npm run ops -- resume ORDER');
  const resumed = await ops('resume', id);
  expect(resumed).toMatchObject({
    code: 0,
    output: expect.stringMatching(/taken from its history: request, issueCheck, /),
  });
  expect(await bookOf(service, id)).toEqual(life && before.books.get(nameOf(life)));
});

test('killed in the middle and begun again, it makes all of them whole: books, checks and money are as they were', async () => {
  const restore = ['restore', '--from', new Date().toISOString()];
  const killed = startOps(...restore);
  const [line] = await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  expect(String(line)).toMatch(/^order-\w+: taken from its history: /);
  await once(killed, 'close');
  expect(Object.fromEntries(await booksOf(service, living))).not.toEqual(Object.fromEntries(before.books));
  const again = await ops(...restore);
  expect(again).toEqual({ code: 0, output: expect.stringMatching(/^\d\d orders restored\.$/m) });
  expect(Object.fromEntries(await booksOf(service, living))).toEqual(Object.fromEntries(before.books));
  expect(await balancesOf(service)).toEqual(before.balances);
  expect(await compared(service)).toEqual([]);
});

test('another time it finds nothing to do', async () => {
  const again = [...(await restored(deps)).values()];
  expect(again.filter(({ rebuilt, workflow }) => rebuilt.length > 0 || workflow !== 'kept')).toEqual([]);
});

test('then the workers go on, and each order lives to its end', async () => {
  await service.startWorker();
  for (const one of living) {
    const { life } = one;
    const repeated = await repeatedRequest(service, one);
    expect([nameOf(life), repeated.status]).toEqual([nameOf(life), life.path === 'declined' ? 402 : 201]);
  }
  await inTurns(living, (one) => goOn(service, one, one.life.lived, wholeLife(one.life)));
  const balances = (await balancesOf(service)) as { id: string; held: string }[];
  expect(balances.filter(({ held }) => Number(held) !== 0).map(({ id }) => id)).toEqual(
    living.some(({ life }) => life.path === 'planned again') ? ['buyer-ada'] : [],
  );
  await untilAgreed(service);
});
