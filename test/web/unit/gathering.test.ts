import { until } from '../../support/until.ts';
import { gathering } from '../../../web/data/gathering.ts';

const TIMES = { gatherMs: 10, apartMs: 20, patienceMs: 50 };

/** Acts that end when the test says so. */
function recorded(times: Partial<typeof TIMES> = {}) {
  const acts: { items: string[]; end: () => void }[] = [];
  const gathered = gathering<string>(
    (items) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      acts.push({ items: [...items], end: resolve });
      return promise;
    },
    { ...TIMES, ...times },
  );
  return { acts, gathered };
}

test('what comes together is one act, and the same thing twice is one thing', async () => {
  const { acts, gathered } = recorded();
  for (const one of ['a', 'b', 'a']) gathered.add(one);
  await until(() => acts.length > 0);
  expect(acts.map(({ items }) => items)).toEqual([['a', 'b']]);
});

test('what comes during an act waits for its end, and none of it is lost', async () => {
  const { acts, gathered } = recorded({ patienceMs: 60_000 });
  gathered.add('a');
  await until(() => acts.length === 1);
  gathered.add('b');
  gathered.add('c');
  expect(acts).toHaveLength(1);
  acts[0]?.end();
  await until(() => acts.length === 2);
  expect(acts[1]?.items).toEqual(['b', 'c']);
});

test('an act that never ends holds nothing up for good', async () => {
  const { acts, gathered } = recorded();
  gathered.add('a');
  await until(() => acts.length === 1);
  gathered.add('b');
  await until(() => acts.length === 2);
});

test('an act that fails is followed by the next one', async () => {
  const acts: string[][] = [];
  const gathered = gathering<string>(async (items) => {
    acts.push([...items]);
    throw new Error('no answer');
  }, TIMES);
  gathered.add('a');
  await until(() => acts.length === 1);
  gathered.add('b');
  await until(() => acts.length === 2);
});

test('after the end nothing is done any more', async () => {
  const { acts, gathered } = recorded();
  gathered.add('a');
  gathered.stop();
  gathered.add('b');
  const other = recorded();
  other.gathered.add('a');
  await until(() => other.acts.length === 1);
  expect(acts).toHaveLength(0);
});
