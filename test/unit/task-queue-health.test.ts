import { judgeTaskQueue, troublesOf } from '../../platform/order-health/task-queue-health.ts';
import type { Poller, QueueState } from '../../platform/order-health/task-queue.ts';

const NOW = new Date('2026-11-28T12:00:00.000Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const reader = (seconds: number, version?: string): Poller => ({
  identity: '1@host',
  version,
  lastPollAt: ago(seconds),
});
const waiting = (tasks: number, seconds: number) => ({ tasks, oldestMs: seconds * 1_000 });
const queue = (change: Partial<QueueState>): QueueState => ({
  queue: 'orders',
  pollers: [],
  backlog: waiting(0, 0),
  ...change,
});
const judge = (change: Partial<QueueState>, versions: Parameters<typeof judgeTaskQueue>[1] = []) =>
  judgeTaskQueue(queue(change), versions, NOW);

describe('who reads the queue', () => {
  test.each([
    ['nobody ever', { pollers: [] }, 'NoWorker'],
    ['an idle worker that asked a minute ago', { pollers: [reader(60)] }, undefined],
    ['a worker that died two minutes ago and is still listed', { pollers: [reader(120)] }, 'NoWorker'],
    ['a worker that has not asked since a task came', { pollers: [reader(30)], backlog: waiting(1, 25) }, 'NoWorker'],
    ['a busy worker behind a long queue', { pollers: [reader(1)], backlog: waiting(500, 25) }, undefined],
    ['a task that has only just come', { pollers: [reader(30)], backlog: waiting(1, 5) }, undefined],
    ['one of two that lives', { pollers: [reader(300), reader(2)] }, undefined],
    ['versioned workers, none current', { pollers: [reader(2, 'shop:v1')] }, 'NoCurrentVersion'],
    ['an unversioned worker beside a current version', { pollers: [reader(2)], currentVersion: 'shop:v1' }, 'NoWorker'],
    ['a worker of the current version', { pollers: [reader(2, 'shop:v1')], currentVersion: 'shop:v1' }, undefined],
  ])('%s', (_who, change, reason) => {
    expect(judge(change)).toMatchObject({ ok: reason === undefined, ...(reason && { reason }) });
  });

  test('what waits for another version says nothing about the current one', () => {
    const versions = [
      { version: 'shop:v1', backlog: waiting(3, 40), pinned: 2 },
      { version: 'shop:v2', backlog: waiting(0, 0), pinned: 0 },
    ];
    const pollers = [reader(200, 'shop:v1'), reader(50, 'shop:v2')];
    const judged = judge({ pollers, currentVersion: 'shop:v2', backlog: waiting(3, 40) }, versions);
    expect(judged).toMatchObject({ ok: true, pollers: 1 });
    expect(judged.unpolledVersions).toEqual([
      { version: 'shop:v1', pinned: 2, isRamping: false, lastPollAt: ago(200) },
    ]);
    expect(troublesOf(judged).join()).toContain(
      'for version shop:v1 since 2026-11-28T11:56:40.000Z, to which 2 running',
    );
  });

  test('a version that gets new workflows is needed before anything is pinned to it; one of which only tasks are left is not', () => {
    const versions = [
      { version: 'shop:v1', backlog: waiting(0, 0), pinned: 0 },
      { version: 'shop:v2', backlog: waiting(0, 0), pinned: 0 },
      { version: 'shop:v3', backlog: waiting(0, 0), pinned: 0 },
      { version: 'shop:v4', backlog: waiting(1, 40), pinned: 0 },
    ];
    const pollers = [reader(2, 'shop:v2'), reader(200, 'shop:v3')];
    const judged = judge({ pollers, currentVersion: 'shop:v2', rampingVersion: 'shop:v3' }, versions);
    expect(judged).toMatchObject({ ok: true });
    expect(judged.unpolledVersions.map(({ version }) => version)).toEqual(['shop:v3']);
    const [ramping] = troublesOf(judged);
    expect(ramping).toMatch(/for version shop:v3 since .*which gets a part of the new orders.*npm run ops -- rollback/);
  });

  test('where a version is current, what to start is named, and what makes those current that run', () => {
    const unread = judge({ pollers: [reader(2), reader(3, 'shop:v1')], currentVersion: 'shop:v2' });
    expect(unread).toMatchObject({ ok: false, reason: 'NoWorker', currentVersion: 'shop:v2' });
    const { detail } = unread;
    expect(detail).toContain('nobody reads the queue orders for shop:v2, which is current: start workers with ');
    expect(detail).toContain('WORKER_DEPLOYMENT_NAME=shop WORKER_BUILD_ID=v2');
    expect(detail).toContain('set-current-version --deployment-name shop --unversioned');
    expect(detail).toContain('npm run ops -- deploy shop:v1');
    expect(judge({ pollers: [reader(200)], currentVersion: 'shop:v2' }).detail).not.toContain('unversioned');
  });

  test('the one line names queue, time and what waits, and no worker', () => {
    const { detail } = judge({ pollers: [reader(120)], backlog: waiting(2, 100) });
    expect(detail).toContain(
      'nobody reads the queue orders since 2026-11-28T11:58:00.000Z; 2 tasks wait, the oldest for 100 s',
    );
    expect(judge({ pollers: [reader(2)] }).detail).not.toContain('host');
  });
});
