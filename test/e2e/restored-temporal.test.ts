import { reconcile } from '../../office/reconciliation/books.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import type { RestoreDeps } from '../../restore/index.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { rewindableTemporal } from '../support/rewinding.ts';
import { testService, type TestService } from '../support/service.ts';
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

/* Temporal comes back from a backup, older than the books: its workflows go on from what is on record. */

let service: TestService;
let temporal: Awaited<ReturnType<typeof rewindableTemporal>>;
let deps: RestoreDeps;
let living: Living[];
let before: { readonly books: Map<string, unknown>; readonly balances: unknown[] };

beforeAll(async () => {
  temporal = await rewindableTemporal();
  service = await testService(undefined, undefined, temporal);
  deps = await restoreDeps(service);
  await registerParties(service);
  const old = await beginAll(
    service,
    LIVES.filter(({ kept }) => kept >= 0),
  );
  await inTurns(old, (one) => goOn(service, one, 0, one.life.kept));
  await service.stopWorkers();
  await temporal.keep();
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
  await temporal.rewind();
});
afterAll(async () => {
  await service.close();
  await temporal.stop();
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

const stageOf = ({ life }: Living) => (before.books.get(nameOf(life)) as { stage: string }).stage;
const hasEnded = (one: Living) => ['completed', 'refunded', 'cancelled', 'rejected', 'declined'].includes(stageOf(one));

/** What becomes of the workflow of each: of an order that has ended and that Temporal does not know any more, nothing. */
function expected(one: Living): 'kept' | 'started' | 'ended' {
  const { kept, lived } = one.life;
  if (kept < 0) return hasEnded(one) ? 'kept' : 'started';
  if (kept === lived) return 'kept';
  return hasEnded(one) ? 'ended' : 'started';
}

test('each order whose workflow stands behind its record, or is gone, is made whole, and nothing of the books changes', async () => {
  const would = await restored(deps, true);
  for (const one of living) expect([nameOf(one.life), became(would, one)]).toEqual([nameOf(one.life), expected(one)]);
  const done = await restored(deps);
  for (const one of living) expect([nameOf(one.life), became(done, one)]).toEqual([nameOf(one.life), expected(one)]);
  expect([...done.values()].filter(({ forPerson, rebuilt }) => forPerson !== undefined || rebuilt.length > 0)).toEqual(
    [],
  );
  expect(Object.fromEntries(await allBooks())).toEqual(Object.fromEntries(before.books));
  expect(await balancesOf(service)).toEqual(before.balances);
  const again = await restored(deps);
  expect([...again.values()].filter(({ workflow }) => workflow !== 'kept')).toEqual([]);
});

function became(all: Awaited<ReturnType<typeof restored>>, { id }: Living): string {
  return all.get(id)?.workflow ?? 'kept';
}

test('then the workers go on, repeated requests find their orders, and each lives to its end, paid once', async () => {
  await service.startWorker();
  for (const one of living) {
    const { status, body } = await repeatedRequest(service, one);
    const isDeclined = one.life.path === 'declined';
    expect([nameOf(one.life), status, body.id ?? body.orderId]).toEqual([
      nameOf(one.life),
      isDeclined ? 402 : 201,
      one.id,
    ]);
  }
  await inTurns(living, (one) => goOn(service, one, one.life.lived, wholeLife(one.life)));
  expect(await drift()).toEqual([]);
});
