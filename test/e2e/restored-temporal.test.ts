import type { RestoreDeps } from '../../restore/index.ts';
import { rewindableTemporal } from '../support/rewinding.ts';
import { testService, type TestService } from '../support/service.ts';
import { restoreDeps, restored, untilAgreed } from './restored-deps.ts';
import {
  balancesOf,
  type Before,
  booksOf,
  goOn,
  inTurns,
  liveUntilRestored,
  type Living,
  nameOf,
  repeatedRequest,
  wholeLife,
} from './restored-lives.ts';

/* Temporal comes back from a backup, older than the books: its workflows go on from what is on record. */

let service: TestService;
let temporal: Awaited<ReturnType<typeof rewindableTemporal>>;
let deps: RestoreDeps;
let before: Before;
let living: readonly Living[];

beforeAll(async () => {
  temporal = await rewindableTemporal();
  service = await testService(undefined, { ownTemporal: temporal });
  deps = await restoreDeps(service);
  before = await liveUntilRestored(service, temporal);
  living = before.living;
});
afterAll(async () => {
  await service.close();
  await temporal.stop();
});

const stageOf = ({ life }: Living) => (before.books.get(nameOf(life)) as { stage: string }).stage;
const hasEnded = (one: Living) => ['completed', 'refunded', 'cancelled', 'rejected', 'declined'].includes(stageOf(one));

/** What becomes of the workflow of each: of an order that has ended and that Temporal does not know any more, nothing. */
function expected(one: Living): 'kept' | 'started' | 'ended' {
  const { kept, lived } = one.life;
  if (kept < 0) return hasEnded(one) ? 'kept' : 'started';
  if (kept === lived) return 'kept';
  return hasEnded(one) ? 'ended' : 'started';
}

test('one that has moved a moment ago is left to its workflow', async () => {
  const would = await restored({ ...deps, quietForMs: 3_600_000 }, true);
  const behind = living.filter((one) => one.life.kept >= 0 && expected(one) !== 'kept');
  for (const one of behind) {
    const { workflow, forPerson } = would.get(one.id) ?? {};
    const name = nameOf(one.life);
    expect([name, workflow, forPerson]).toEqual([name, 'kept', 'it has moved a moment ago: repeat this']);
  }
});

test('each order whose workflow stands behind its record, or is gone, is made whole, and nothing of the books changes', async () => {
  const would = await restored(deps, true);
  for (const one of living) expect([nameOf(one.life), became(would, one)]).toEqual([nameOf(one.life), expected(one)]);
  const done = await restored(deps);
  for (const one of living) expect([nameOf(one.life), became(done, one)]).toEqual([nameOf(one.life), expected(one)]);
  expect([...done.values()].filter(({ forPerson, rebuilt }) => forPerson !== undefined || rebuilt.length > 0)).toEqual(
    [],
  );
  expect(Object.fromEntries(await booksOf(service, living))).toEqual(Object.fromEntries(before.books));
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
  await untilAgreed(service);
});
