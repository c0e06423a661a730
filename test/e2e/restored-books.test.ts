import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reconcile } from '../../office/reconciliation/books.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import type { RestoreDeps } from '../../restore/index.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { expectProblem } from '../api/support.ts';
import { rewindableBooks } from '../support/rewinding.ts';
import { testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { restoreDeps, restored } from './restored-deps.ts';
import {
  balancesOf,
  beginAll,
  bookOf,
  goOn,
  inTurns,
  LIVES,
  type Living,
  nameOf,
  registerParties,
  repeatedRequest,
  wholeLife,
} from './restored-lives.ts';

/* The books come back from a backup, older than Temporal: what the orders have done since is taken from their workflows' histories. */

const MAIN = fileURLToPath(new URL('../../cli/countersign.mjs', import.meta.url));

let service: TestService;
let books: Awaited<ReturnType<typeof rewindableBooks>>;
let deps: RestoreDeps;
let living: Living[];
let before: { readonly books: Map<string, unknown>; readonly balances: unknown[] };

beforeAll(async () => {
  service = await testService();
  books = await rewindableBooks(service.database);
  deps = await restoreDeps(service);
  await registerParties(service);
  const old = await beginAll(
    service,
    LIVES.filter(({ kept }) => kept >= 0),
  );
  await inTurns(old, (one) => goOn(service, one, 0, one.life.kept));
  await service.stopWorkers();
  await books.keep();
  await service.startWorker();
  living = [
    ...old,
    ...(await beginAll(
      service,
      LIVES.filter(({ kept }) => kept < 0),
    )),
  ];
  await inTurns(living, (one) => goOn(service, one, one.life.kept, one.life.lived));
  await service.stopWorkers();
  before = { books: await allBooks(), balances: await balancesOf(service) };
  await books.rewind();
});
afterAll(async () => {
  await service.close();
  await books.close();
});

async function allBooks(): Promise<Map<string, unknown>> {
  const entries = living.map(async ({ life, id }) => [nameOf(life), await bookOf(service, id)] as const);
  return new Map(await Promise.all(entries));
}

async function drift() {
  const facts = workflowRegister(service.client, ORDER_WORKFLOW);
  const now = new Date(Date.now() + 60_000);
  return reconcile(service.database.orm, { facts, now, quietForMs: 0, closedSince: new Date(0) });
}

const isNew = ({ life }: Living) => life.kept < 0;
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
  for (const { life, id, request } of living.filter(isNew)) {
    const repeated = await service.ask('POST', '/v1/orders', request);
    // Nobody works: whether it is decided only the books could say, and they do not have it.
    expect([nameOf(life), repeated.status]).not.toEqual([nameOf(life), 201]);
    if (repeated.status === 202)
      expect(repeated.body).toMatchObject({ stage: 'requested', payment: { status: 'none' } });
    else expect([402, 503]).toContain(repeated.status);
    expect(JSON.stringify(repeated.body)).not.toContain('held');
    if (repeated.status === 202) continue;
    expectProblem(await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'x' } }), 'not-found');
  }
});

test('the comparison names each of them, with the command that repairs it', async () => {
  const found = await drift();
  const named = new Set(found.map(({ orderId }) => orderId));
  for (const one of living)
    expect([nameOf(one.life), named.has(one.id)]).toEqual([nameOf(one.life), hasMoved(one) && !hasStayed(one)]);
  for (const { whatToDo } of found) expect(whatToDo).toContain('npm run ops -- resume ORDER');
});

test('a dry run says what would be taken from the histories, and changes nothing', async () => {
  const balances = await balancesOf(service);
  const would = await restored(deps, true);
  for (const one of living) {
    const { rebuilt = [] } = would.get(one.id) ?? {};
    expect([nameOf(one.life), rebuilt.length > 0]).toEqual([nameOf(one.life), hasMoved(one)]);
  }
  expect(await balancesOf(service)).toEqual(balances);
});

/** An operator's command, with the service's own settings. */
async function ops(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { address, namespace } = service.temporal;
  const [signing = ''] = readdirSync(service.keyFolder).filter((name) => name.startsWith('echeck-'));
  const command = spawn(process.execPath, [MAIN, 'ops', ...args, '--because', 'restored from the backup'], {
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
  let output = '';
  for (const stream of [command.stdout, command.stderr])
    stream.on('data', (piece: Buffer) => (output += String(piece)));
  const [code] = await once(command, 'close');
  return { code, output };
}

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
  expect(await ops('resume', id)).toMatchObject({ code: 1, output: expect.stringContaining('has ended (completed)') });
});

test('killed in the middle and begun again, it makes all of them whole: books, checks and money are as they were', async () => {
  let opened = 0;
  const dying: RestoreDeps = {
    ...deps,
    sealer: {
      ...deps.sealer,
      open<Value>(jwe: string) {
        opened += 1;
        if (opened > 20) throw new Error('killed');
        return deps.sealer.open<Value>(jwe);
      },
    },
  };
  const first = await restored(dying);
  expect([...first.values()].some(({ forPerson }) => forPerson?.includes('killed'))).toBe(true);
  const second = await restored(deps);
  expect([...second.values()].filter(({ forPerson }) => forPerson !== undefined)).toEqual([]);
  expect(Object.fromEntries(await allBooks())).toEqual(Object.fromEntries(before.books));
  expect(await balancesOf(service)).toEqual(before.balances);
  expect(await drift()).toEqual([]);
});

test('a second time, by command, it finds nothing to do', async () => {
  const again = await ops('restore', '--from', '2026-01-01T00:00:00Z');
  expect(again).toEqual({ code: 0, output: expect.stringMatching(/^0 orders restored\.$/m) });
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
  expect(await drift()).toEqual([]);
});
