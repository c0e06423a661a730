import type { Poller, QueueState, Backlog } from './task-queue.ts';
import type { VersionState } from './versions.ts';

/** An idle worker asks again at least every 60 seconds; half of that again for a slow machine. */
const QUIET_AFTER_MS = 90_000;
/** A task that has waited this long, while nobody has asked since it came, finds no worker that lives. */
const UNANSWERED_AFTER_MS = 10_000;

/** Workflows are pinned to this version, or it gets a part of the new ones, and nobody polls for it. */
export interface UnpolledVersion {
  readonly version: string;
  /** How many; absent while visibility does not say. */
  readonly pinned?: number;
  /** New workflows begin on it. */
  readonly isRamping: boolean;
  readonly lastPollAt?: Date;
}

/** Whether a task queue is polled, judged. */
export interface TaskQueueHealth {
  readonly queue: string;
  readonly ok: boolean;
  /** Why not; absent when it is well. */
  readonly reason?: 'NoWorker' | 'NoCurrentVersion';
  /** One line for people. */
  readonly detail: string;
  /** The version that gets new workflows; absent: workers without a version get them. */
  readonly currentVersion?: string;
  readonly pollers: number;
  readonly lastPollAt?: Date;
  readonly backlog: Backlog;
  readonly unpolledVersions: readonly UnpolledVersion[];
  /** The versions in use, with how many fresh workers and running workflows each has. */
  readonly versions: readonly { readonly version: string; readonly pollers: number; readonly pinned?: number }[];
}

/**
 * Judges whether somebody takes the tasks of a queue. Temporal lists a worker for minutes after it died, and one that hangs
 * for a while, so what counts is when it last asked: within 90 seconds, and since the oldest waiting task came.
 */
export function judgeTaskQueue(state: QueueState, versions: readonly VersionState[], now: Date): TaskQueueHealth {
  const { currentVersion, rampingVersion, queue, backlog } = state;
  const pollersOf = (version: string | undefined) => state.pollers.filter((poller) => poller.version === version);
  const isPolled = (version: string | undefined, own: Backlog): boolean => {
    const last = lastPoll(pollersOf(version));
    return last !== undefined && !isQuiet(last, own, now);
  };
  const unpolledVersions = versions
    .filter(({ version, backlog: own, pinned }) => {
      // Tasks alone are none: they are left over of orders that were moved, or have ended.
      const isNeeded = pinned !== 0 || version === rampingVersion;
      return version !== currentVersion && isNeeded && !isPolled(version, own);
    })
    .map(({ version, pinned }) => ({
      version,
      pinned,
      isRamping: version === rampingVersion,
      lastPollAt: lastPoll(pollersOf(version)),
    }));
  const target = pollersOf(currentVersion);
  const freshOf = (pollers: readonly Poller[]) => pollers.filter((poller) => isFresh(poller, now));
  const found = {
    queue,
    ...(currentVersion !== undefined && { currentVersion }),
    pollers: freshOf(target).length,
    lastPollAt: lastPoll(target),
    backlog,
    unpolledVersions,
    versions: versions.map(({ version, pinned }) => ({
      version,
      pinned,
      pollers: freshOf(pollersOf(version)).length,
    })),
  };
  if (isPolled(currentVersion, backlogFor(state, versions)))
    return { ...found, ok: true, detail: well(state, freshOf(target)) };
  const other = state.pollers.find((poller) => poller.version !== undefined && isFresh(poller, now));
  if (other?.version !== undefined && currentVersion === undefined)
    return { ...found, ok: false, reason: 'NoCurrentVersion', detail: noCurrent(queue, other.version) };
  return { ...found, ok: false, reason: 'NoWorker', detail: notPolled(state, target, now) };
}

/** What is wrong with a queue, in sentences without their full stop; none when nothing is. */
export function troublesOf({ ok, queue, detail, unpolledVersions }: TaskQueueHealth): string[] {
  return [
    ...(ok ? [] : [detail]),
    ...unpolledVersions.map(
      ({ version, pinned, isRamping, lastPollAt }) =>
        `nobody reads the queue ${queue} for version ${version}${sinceOf(lastPollAt)}, ${neededFor(pinned, isRamping)}: ` +
        `start workers of that version again${isRamping ? ', or npm run ops -- rollback' : ' until it is drained (docs/upgrades.md)'}`,
    ),
  ];
}

function neededFor(pinned: number | undefined, isRamping: boolean): string {
  const part = 'which gets a part of the new orders';
  if (pinned === 0) return part;
  return `to which ${pinned === undefined ? 'orders may be' : pinnedWords(pinned)} pinned${isRamping ? `, and ${part}` : ''}`;
}

function pinnedWords(pinned: number): string {
  return pinned === 1 ? '1 running workflow is' : `${pinned} running workflows are`;
}

/** Tasks wait in it, and nobody takes them. */
export function isUnanswered({ ok, backlog }: TaskQueueHealth): boolean {
  return !ok && backlog.tasks > 0;
}

/** The queue's own figures hold those of all its versions: what is left belongs to workers without a version. */
function backlogFor({ currentVersion, backlog }: QueueState, versions: readonly VersionState[]): Backlog {
  const current = versions.find(({ version }) => version === currentVersion);
  if (current) return current.backlog;
  const versioned = versions.reduce((sum, one) => sum + one.backlog.tasks, 0);
  return { tasks: Math.max(0, backlog.tasks - versioned), oldestMs: backlog.oldestMs };
}

function isQuiet(last: Date, { tasks, oldestMs }: Backlog, now: Date): boolean {
  const sinceMs = now.getTime() - last.getTime();
  return sinceMs > QUIET_AFTER_MS || (tasks > 0 && oldestMs > UNANSWERED_AFTER_MS && sinceMs > oldestMs);
}

/** Whether the worker lives, by when it last asked. */
export function isFresh({ lastPollAt }: Pick<Poller, 'lastPollAt'>, now: Date): boolean {
  return now.getTime() - lastPollAt.getTime() <= QUIET_AFTER_MS;
}

export function lastPoll(pollers: readonly Pick<Poller, 'lastPollAt'>[]): Date | undefined {
  const [latest] = pollers.map(({ lastPollAt }) => lastPollAt).toSorted((one, other) => Number(other) - Number(one));
  return latest;
}

/** Anybody may ask whether the service is ready: who the workers are is not for everybody. */
function well({ queue }: QueueState, pollers: readonly Poller[]): string {
  const who = pollers.length === 1 ? '1 worker' : `${pollers.length} workers`;
  return `the queue ${queue} is read by ${who}, last at ${iso(lastPoll(pollers))}`;
}

function notPolled(state: QueueState, pollers: readonly Poller[], now: Date): string {
  const { queue, currentVersion, backlog } = state;
  const { tasks, oldestMs } = backlog;
  const since = sinceOf(lastPoll(pollers));
  const waits =
    tasks > 0
      ? `; ${tasks === 1 ? '1 task waits' : `${tasks} tasks wait`}, the oldest for ${Math.round(oldestMs / 1000)} s`
      : '';
  const whose = currentVersion === undefined ? '' : ` for ${currentVersion}, which is current`;
  return `nobody reads the queue ${queue}${since}${whose}${waits}: ${whatToStart(state, now)}`;
}

/** Workers of another version than the current one get none of its tasks, and one without a version is of another one. */
function whatToStart({ currentVersion, pollers }: QueueState, now: Date): string {
  if (currentVersion === undefined) return 'start a worker, or read the log of the one that hangs';
  const [deployment = '', build = ''] = currentVersion.split(':');
  const others = [...new Set(pollers.filter((one) => isFresh(one, now)).map(({ version }) => version))];
  const makeCurrent = others
    .filter((version) => version !== currentVersion)
    .map((version) =>
      version === undefined
        ? `; or have those without a version, which run, take the orders: temporal worker deployment set-current-version --deployment-name ${deployment} --unversioned`
        : `; or make ${version}, which runs, current: npm run ops -- deploy ${version}`,
    );
  return (
    `start workers with WORKER_DEPLOYMENT_NAME=${deployment} WORKER_BUILD_ID=${build}, or read the log of the one that hangs` +
    makeCurrent.join('')
  );
}

function sinceOf(last: Date | undefined): string {
  return last ? ` since ${iso(last)}` : '';
}

function noCurrent(queue: string, version: string): string {
  return `${version} reads the queue ${queue}, but no version is current, so it gets no new order: npm run ops -- deploy ${version}`;
}

function iso(time: Date | undefined): string {
  return time?.toISOString() ?? 'never';
}
