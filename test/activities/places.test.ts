import { createPlaces, NoPlaceError, PLACES } from '../../activities/transmissions/places.ts';

/* The places of a party's server in a worker: one that hangs fills its own, and nobody else's. */

const never = new AbortController().signal;

/** Work that ends when it is told to. */
function hanging() {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { work: () => promise, end: () => resolve('done') };
}

function filled(party: string) {
  const places = createPlaces();
  const running = Array.from({ length: PLACES }, () => hanging());
  const answers = running.map(({ work }) => places.run(party, never, work));
  return { places, running, answers };
}

test('another party has its own', async () => {
  const { places } = filled('seller-hangs');
  expect(await places.run('seller-well', never, async () => 'done')).toBe('done');
});

test('who waits has the place of the first who leaves, one each', async () => {
  const { places, running, answers } = filled('seller');
  const began: number[] = [];
  const waiting = [1, 2].map((number) =>
    places.run('seller', never, async () => {
      began.push(number);
      return number;
    }),
  );
  expect(began).toEqual([]);
  running[0]!.end();
  expect(await answers[0]).toBe('done');
  expect(await Promise.all(waiting)).toEqual([1, 2]);
  expect(began).toEqual([1, 2]);
});

test('where none leaves, who has waited goes back to the queue, and says that the server cannot be reached', async () => {
  const { places } = filled('seller');
  const waiting = places.run('seller', never, async () => 'done');
  await expect(waiting).rejects.toThrow(NoPlaceError);
  await expect(waiting).rejects.toMatchObject({ name: 'SiteUnreachable' });
});

test('no more wait than there are places: the next goes back at once', async () => {
  const { places } = filled('seller');
  const waiting = Array.from({ length: PLACES }, () => places.run('seller', never, async () => 'done'));
  const beganAt = Date.now();
  await expect(places.run('seller', never, async () => 'done')).rejects.toThrow(NoPlaceError);
  expect(Date.now() - beganAt).toBeLessThan(1_000);
  expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
});

test('a cancel ends the wait, and work that fails gives its place back', async () => {
  const { places, running, answers } = filled('seller');
  const cancelling = new AbortController();
  const waiting = places.run('seller', cancelling.signal, async () => 'done');
  cancelling.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  running[0]!.end();
  await answers[0];
  await expect(places.run('seller', never, () => Promise.reject(new Error('it fails')))).rejects.toThrow('it fails');
  expect(await places.run('seller', never, async () => 'done')).toBe('done');
});
