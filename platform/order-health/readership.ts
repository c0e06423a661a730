import type { QueueReader, QueueState, Waiting } from './queue.ts';
import type { VersionState } from './versions.ts';

/** An idle worker asks again at least every 60 seconds; half of that again for a slow machine. */
const SILENT_AFTER_MS = 90_000;
/** A task that has waited this long, while nobody has asked since it came, finds no worker that lives. */
const UNANSWERED_AFTER_MS = 10_000;

/** Workflows are pinned to this version and nobody reads for it. */
export interface SilentVersion {
  readonly version: string;
  readonly lastPollAt?: Date;
}

/** Who reads a queue, judged. */
export interface Readership {
  readonly ok: boolean;
  /** Why not; absent when it is well. */
  readonly reason?: 'NoWorker' | 'NoCurrentVersion';
  /** One line for people. */
  readonly detail: string;
  readonly readers: number;
  readonly lastPollAt?: Date;
  readonly waiting: Waiting;
  readonly silentVersions: readonly SilentVersion[];
}

/**
 * Judges whether somebody takes the tasks of a queue. Temporal lists a worker for minutes after it died, and one that hangs
 * for a while, so what counts is when it last asked: within 90 seconds, and since the oldest waiting task came.
 */
export function judgeReadership(state: QueueState, versions: readonly VersionState[], now: Date): Readership {
  const { currentVersion, queue, waiting } = state;
  const readersOf = (version: string | undefined) => state.readers.filter((reader) => reader.version === version);
  const reads = (version: string | undefined, own: Waiting): boolean => {
    const last = lastPoll(readersOf(version));
    return last !== undefined && !isSilent(last, own, now);
  };
  const silentVersions = versions
    .filter(({ version, waiting: own }) => version !== currentVersion && !reads(version, own))
    .map(({ version }) => ({ version, lastPollAt: lastPoll(readersOf(version)) }));
  const target = readersOf(currentVersion);
  const fresh = target.filter((reader) => isFresh(reader, now));
  const found = { readers: fresh.length, lastPollAt: lastPoll(target), waiting, silentVersions };
  if (reads(currentVersion, waitingFor(state, versions)))
    return { ...found, ok: true, detail: well(state, fresh, silentVersions) };
  const other = state.readers.find((reader) => reader.version !== undefined && isFresh(reader, now));
  if (other?.version !== undefined && currentVersion === undefined)
    return { ...found, ok: false, reason: 'NoCurrentVersion', detail: noCurrent(queue, other.version) };
  return { ...found, ok: false, reason: 'NoWorker', detail: silent(state, target) };
}

/** The queue's own figures hold those of all its versions, and say nothing about one of them. */
function waitingFor({ currentVersion, waiting }: QueueState, versions: readonly VersionState[]): Waiting {
  const current = versions.find(({ version }) => version === currentVersion);
  return current?.waiting ?? (versions.length > 0 ? { tasks: 0, oldestMs: 0 } : waiting);
}

function isSilent(last: Date, { tasks, oldestMs }: Waiting, now: Date): boolean {
  const sinceMs = now.getTime() - last.getTime();
  return sinceMs > SILENT_AFTER_MS || (tasks > 0 && oldestMs > UNANSWERED_AFTER_MS && sinceMs > oldestMs);
}

function isFresh({ lastPollAt }: QueueReader, now: Date): boolean {
  return now.getTime() - lastPollAt.getTime() <= SILENT_AFTER_MS;
}

function lastPoll(readers: readonly QueueReader[]): Date | undefined {
  const [latest] = readers.map(({ lastPollAt }) => lastPollAt).toSorted((one, other) => Number(other) - Number(one));
  return latest;
}

/** Anybody may ask whether the service is ready: who the workers are is not for everybody. */
function well(
  { queue }: QueueState,
  readers: readonly QueueReader[],
  silentVersions: readonly SilentVersion[],
): string {
  const who = readers.length === 1 ? '1 worker' : `${readers.length} workers`;
  const missing = silentVersions
    .map(({ version }) => `; nobody reads for version ${version}, which has orders`)
    .join('');
  return `the queue ${queue} is read by ${who}, last at ${iso(lastPoll(readers))}${missing}`;
}

function silent({ queue, waiting: { tasks, oldestMs } }: QueueState, readers: readonly QueueReader[]): string {
  const last = lastPoll(readers);
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
