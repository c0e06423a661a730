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
  const reads = (version: string | undefined, waiting: Waiting): boolean => {
    const last = lastPoll(state.readers.filter((reader) => reader.version === version));
    return last !== undefined && !isSilent(last, waiting, now);
  };
  const { currentVersion, queue } = state;
  const current = versions.find(({ version }) => version === currentVersion);
  // The queue's own figures hold those of its versions, too; they say nothing about one of them.
  const waiting = current?.waiting ?? (versions.length > 0 ? { tasks: 0, oldestMs: 0 } : state.waiting);
  const ok = reads(currentVersion, waiting);
  const others = [...new Set(state.readers.filter((reader) => isFresh(reader, now)).map(({ version }) => version))];
  const reason = ok ? undefined : others.some((version) => version !== undefined) && !currentVersion ? 'NoCurrentVersion' : 'NoWorker';
  const target = state.readers.filter((reader) => reader.version === currentVersion);
  return {
    ok,
    ...(reason && { reason }),
    detail: reason === 'NoCurrentVersion' ? noCurrent(queue, others) : ok ? wellOf(queue, target, now) : silent(queue, target, state.waiting),
    readers: target.filter((reader) => isFresh(reader, now)).length,
    lastPollAt: lastPoll(target),
    waiting: state.waiting,
    silentVersions: versions
      .filter(({ version, waiting: own }) => version !== currentVersion && !reads(version, own))
      .map(({ version }) => ({ version, lastPollAt: lastPoll(state.readers.filter((reader) => reader.version === version)) })),
  };
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

function wellOf(queue: string, readers: readonly QueueReader[], now: Date): string {
  const fresh = readers.filter((reader) => isFresh(reader, now));
  const who = fresh.map(({ identity }) => identity).slice(0, 3).join(', ');
  const more = fresh.length > 3 ? ` and ${fresh.length - 3} more` : '';
  return `${queue} is read by ${who}${more}, last at ${iso(lastPoll(fresh))}`;
}

function silent(queue: string, readers: readonly QueueReader[], { tasks, oldestMs }: Waiting): string {
  const last = lastPoll(readers);
  const since = last ? ` since ${iso(last)}` : '';
  const waits = tasks > 0 ? `; ${tasks} tasks wait, the oldest for ${Math.round(oldestMs / 1000)} s` : '';
  return `nobody reads the queue ${queue}${since}${waits}: start a worker, or read the log of the one that hangs`;
}

function noCurrent(queue: string, others: readonly (string | undefined)[]): string {
  const [version = ''] = others.filter((other) => other !== undefined);
  const [name, build] = version.split(':');
  return (
    `${version} reads the queue ${queue}, but no version is current, so it gets no new order: ` +
    `temporal worker deployment set-current-version --deployment-name ${name} --build-id ${build}`
  );
}

function iso(time: Date | undefined): string {
  return time?.toISOString() ?? 'never';
}
