import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createFairShares } from '../../activities/runtime/fair-shares.ts';

const given = new AbortController().signal;
const ada = { buyerId: 'ada', sellerId: 'mill' };
const locked = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => void jest.useRealTimers());

/** Work that ends when it is told to, and counts. */
function works() {
  const begun: ((error?: Error) => void)[] = [];
  const work = () =>
    new Promise<string>((resolve, reject) => begun.push((error) => (error ? reject(error) : resolve('done'))));
  return { begun, work };
}

const turn = () => jest.advanceTimersByTimeAsync(0);

test('one pair takes half of the connections, and another pair has the rest', async () => {
  const shares = createFairShares(4);
  const { begun, work } = works();
  const all = Array.from({ length: 5 }, () => shares.run(ada, work, given));
  await turn();
  expect(begun).toHaveLength(2);
  const others = shares.run({ order: { buyerId: 'bob', sellerId: 'mill' } }, work, given);
  await turn();
  expect(begun).toHaveLength(3);
  for (let index = 0; index < 6; index += 1) {
    begun[index]?.();
    await turn();
  }
  expect(await Promise.all([...all, others])).toEqual(Array(6).fill('done'));
});

test('after a lock time-out those who wait fail at once, one tries for all, and with its success all go on', async () => {
  const shares = createFairShares(4);
  const { begun, work } = works();
  const all = Promise.allSettled(Array.from({ length: 5 }, () => shares.run(ada, work, given)));
  await turn();
  begun[0]?.(locked);
  begun[1]?.(locked);
  expect((await all).map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  expect(begun).toHaveLength(2);
  await expect(shares.run(ada, work, given)).rejects.toMatchObject({ code: '55P03' });

  jest.setSystemTime(1_500);
  const again = Promise.allSettled(Array.from({ length: 3 }, () => shares.run(ada, work, given)));
  await turn();
  expect(begun).toHaveLength(3);
  begun[2]?.();
  await turn();
  expect(begun).toHaveLength(5);
  begun[3]?.();
  begun[4]?.();
  expect((await again).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
});

test('whoever has run out of time while waiting does not begin', async () => {
  const shares = createFairShares(2);
  const { begun, work } = works();
  const impatient = new AbortController();
  const first = shares.run(ada, work, given);
  const second = shares.run(ada, work, impatient.signal);
  await turn();
  impatient.abort();
  begun[0]?.();
  await first;
  await expect(second).rejects.toThrow(/abort/i);
  expect(begun).toHaveLength(1);
});

test('a seller that is locked with several buyers is locked for all, and for no other seller', async () => {
  const shares = createFairShares(100);
  const { begun, work } = works();
  const attempts = ['ada', 'bob', 'cy'].map((buyerId) => shares.run({ buyerId, sellerId: 'mill' }, work, given));
  const outcomes = Promise.allSettled(attempts);
  await turn();
  for (const end of begun) end(locked);
  await outcomes;
  await expect(shares.run({ buyerId: 'dan', sellerId: 'mill' }, work, given)).rejects.toMatchObject({ code: '55P03' });
  const elsewhere = shares.run({ buyerId: 'dan', sellerId: 'forge' }, work, given);
  await turn();
  begun[3]?.();
  await expect(elsewhere).resolves.toBe('done');

  jest.setSystemTime(2_000);
  const probe = shares.run({ buyerId: 'dan', sellerId: 'mill' }, work, given);
  const behind = shares.run({ buyerId: 'eve', sellerId: 'mill' }, work, given);
  await turn();
  expect(begun).toHaveLength(5);
  begun[4]?.();
  await expect(probe).resolves.toBe('done');
  await turn();
  begun[5]?.();
  await expect(behind).resolves.toBe('done');
});

test('a buyer that is locked is not held against its sellers', async () => {
  const shares = createFairShares(100);
  const { begun, work } = works();
  const sellers = ['mill', 'forge', 'loom'];
  const outcomes = Promise.allSettled(sellers.map((sellerId) => shares.run({ ...ada, sellerId }, work, given)));
  await turn();
  for (const end of begun) end(locked);
  await outcomes;
  await expect(shares.run({ ...ada, sellerId: 'fourth' }, work, given)).rejects.toMatchObject({ code: '55P03' });
  const others = sellers.map((sellerId) => shares.run({ buyerId: 'bob', sellerId }, work, given));
  await turn();
  expect(begun).toHaveLength(6);
  for (const end of begun.slice(3)) end();
  expect(await Promise.all(others)).toEqual(['done', 'done', 'done']);
});

test('what names no buyer waits for nobody', async () => {
  const shares = createFairShares(2);
  await expect(shares.run('a text', async () => 'done', given)).resolves.toBe('done');
});
