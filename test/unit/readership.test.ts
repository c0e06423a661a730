import { judgeReadership } from '../../platform/order-health/readership.ts';
import type { QueueReader, QueueState } from '../../platform/order-health/queue.ts';

const NOW = new Date('2026-11-28T12:00:00.000Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const reader = (seconds: number, version?: string): QueueReader => ({
  identity: '1@host',
  version,
  lastPollAt: ago(seconds),
});
const waiting = (tasks: number, seconds: number) => ({ tasks, oldestMs: seconds * 1_000 });
const queue = (change: Partial<QueueState>): QueueState => ({
  queue: 'orders',
  readers: [],
  waiting: waiting(0, 0),
  ...change,
});
const judge = (change: Partial<QueueState>, versions: Parameters<typeof judgeReadership>[1] = []) =>
  judgeReadership(queue(change), versions, NOW);

describe('who reads the queue', () => {
  test.each([
    ['nobody ever', { readers: [] }, 'NoWorker'],
    ['an idle worker that asked a minute ago', { readers: [reader(60)] }, undefined],
    ['a worker that died two minutes ago and is still listed', { readers: [reader(120)] }, 'NoWorker'],
    ['a worker that has not asked since a task came', { readers: [reader(30)], waiting: waiting(1, 25) }, 'NoWorker'],
    ['a busy worker behind a long queue', { readers: [reader(1)], waiting: waiting(500, 25) }, undefined],
    ['a task that has only just come', { readers: [reader(30)], waiting: waiting(1, 5) }, undefined],
    ['one of two that lives', { readers: [reader(300), reader(2)] }, undefined],
    ['versioned workers, none current', { readers: [reader(2, 'shop:v1')] }, 'NoCurrentVersion'],
    ['an unversioned worker beside a current version', { readers: [reader(2)], currentVersion: 'shop:v1' }, 'NoWorker'],
    ['a worker of the current version', { readers: [reader(2, 'shop:v1')], currentVersion: 'shop:v1' }, undefined],
  ])('%s', (_who, change, reason) => {
    expect(judge(change)).toMatchObject({ ok: reason === undefined, ...(reason && { reason }) });
  });

  test('what waits for another version says nothing about the current one', () => {
    const versions = [
      { version: 'shop:v1', waiting: waiting(3, 40) },
      { version: 'shop:v2', waiting: waiting(0, 0) },
    ];
    const readers = [reader(200, 'shop:v1'), reader(50, 'shop:v2')];
    const judged = judge({ readers, currentVersion: 'shop:v2', waiting: waiting(3, 40) }, versions);
    expect(judged).toMatchObject({ ok: true, readers: 1 });
    expect(judged.silentVersions).toEqual([{ version: 'shop:v1', lastPollAt: ago(200) }]);
    expect(judged.detail).toContain('nobody reads for version shop:v1');
  });

  test('the one line names queue, time and what waits, and no worker', () => {
    const { detail } = judge({ readers: [reader(120)], waiting: waiting(2, 100) });
    expect(detail).toContain(
      'nobody reads the queue orders since 2026-11-28T11:58:00.000Z; 2 tasks wait, the oldest for 100 s',
    );
    expect(judge({ readers: [reader(2)] }).detail).not.toContain('host');
  });
});
