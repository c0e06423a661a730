import type { Poller, QueueState, Backlog } from './task-queue.ts';
import type { VersionState } from './versions.ts';

/** An idle worker asks again at least every 60 seconds; half of that again for a slow machine. */
const QUIET_AFTER_MS = 90_000;
/** A task that has waited this long, while nobody has asked since it came, finds no worker that lives. */
const UNANSWERED_AFTER_MS = 10_000;

/** Workflows are pinned to this version and nobody polls for it. */
export interface UnpolledVersion {
  readonly version: string;
  readonly lastPollAt?: Date;
}

/** Whether a task queue is polled, judged. */
export interface TaskQueueHealth {
  readonly ok: boolean;
  /** Why not; absent when it is well. */
  readonly reason?: 'NoWorker' | 'NoCurrentVersion';
  /** One line for people. */
  readonly detail: string;
  readonly pollers: number;
  readonly lastPollAt?: Date;
  readonly backlog: Backlog;
  readonly unpolledVersions: readonly UnpolledVersion[];
}

/**
 * Judges whether somebody takes the tasks of a queue. Temporal lists a worker for minutes after it died, and one that hangs
 * for a while, so what counts is when it last asked: within 90 seconds, and since the oldest waiting task came.
 */
export function judgeTaskQueue(state: QueueState, versions: readonly VersionState[], now: Date): TaskQueueHealth {
  const { currentVersion, queue, backlog } = state;
  const pollersOf = (version: string | undefined) => state.pollers.filter((poller) => poller.version === version);
  const isPolled = (version: string | undefined, own: Backlog): boolean => {
    const last = lastPoll(pollersOf(version));
    return last !== undefined && !isQuiet(last, own, now);
  };
  const unpolledVersions = versions
    .filter(({ version, backlog: own }) => version !== currentVersion && !isPolled(version, own))
    .map(({ version }) => ({ version, lastPollAt: lastPoll(pollersOf(version)) }));
  const target = pollersOf(currentVersion);
  const fresh = target.filter((poller) => isFresh(poller, now));
  const found = { pollers: fresh.length, lastPollAt: lastPoll(target), backlog, unpolledVersions };
  if (isPolled(currentVersion, backlogFor(state, versions)))
    return { ...found, ok: true, detail: well(state, fresh, unpolledVersions) };
  const other = state.pollers.find((poller) => poller.version !== undefined && isFresh(poller, now));
  if (other?.version !== undefined && currentVersion === undefined)
    return { ...found, ok: false, reason: 'NoCurrentVersion', detail: noCurrent(queue, other.version) };
  return { ...found, ok: false, reason: 'NoWorker', detail: notPolled(state, target) };
}

/**
 * Says what is wrong with a queue of activities; `undefined` when nothing is. One in which nothing waits needs nobody: it may be that of
 * messages to parties' own servers, where there are none.
 */
export function unansweredIn(state: QueueState, now: Date): string | undefined {
  const last = lastPoll(state.pollers);
  const isUnanswered = state.backlog.tasks > 0 && (last === undefined || isQuiet(last, state.backlog, now));
  return isUnanswered ? notPolled(state, state.pollers) : undefined;
}

/** The queue's own figures hold those of all its versions, and say nothing about one of them. */
function backlogFor({ currentVersion, backlog }: QueueState, versions: readonly VersionState[]): Backlog {
  const current = versions.find(({ version }) => version === currentVersion);
  return current?.backlog ?? (versions.length > 0 ? { tasks: 0, oldestMs: 0 } : backlog);
}

function isQuiet(last: Date, { tasks, oldestMs }: Backlog, now: Date): boolean {
  const sinceMs = now.getTime() - last.getTime();
  return sinceMs > QUIET_AFTER_MS || (tasks > 0 && oldestMs > UNANSWERED_AFTER_MS && sinceMs > oldestMs);
}

function isFresh({ lastPollAt }: Poller, now: Date): boolean {
  return now.getTime() - lastPollAt.getTime() <= QUIET_AFTER_MS;
}

function lastPoll(pollers: readonly Poller[]): Date | undefined {
  const [latest] = pollers.map(({ lastPollAt }) => lastPollAt).toSorted((one, other) => Number(other) - Number(one));
  return latest;
}

/** Anybody may ask whether the service is ready: who the workers are is not for everybody. */
function well({ queue }: QueueState, pollers: readonly Poller[], unpolledVersions: readonly UnpolledVersion[]): string {
  const who = pollers.length === 1 ? '1 worker' : `${pollers.length} workers`;
  const missing = unpolledVersions
    .map(({ version }) => `; nobody reads for version ${version}, which has orders`)
    .join('');
  return `the queue ${queue} is read by ${who}, last at ${iso(lastPoll(pollers))}${missing}`;
}

function notPolled({ queue, backlog: { tasks, oldestMs } }: QueueState, pollers: readonly Poller[]): string {
  const last = lastPoll(pollers);
  const since = last ? ` since ${iso(last)}` : '';
  const waits =
    tasks > 0
      ? `; ${tasks === 1 ? '1 task waits' : `${tasks} tasks wait`}, the oldest for ${Math.round(oldestMs / 1000)} s`
      : '';
  return `nobody reads the queue ${queue}${since}${waits}: start a worker, or read the log of the one that hangs`;
}

function noCurrent(queue: string, version: string): string {
  const [name, build] = version.split(':');
  return (
    `${version} reads the queue ${queue}, but no version is current, so it gets no new order: ` +
    `temporal worker deployment set-current-version --deployment-name ${name} --build-id ${build}`
  );
}

function iso(time: Date | undefined): string {
  return time?.toISOString() ?? 'never';
}
