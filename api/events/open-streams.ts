import { identityRevisions, subjectKey, usableApiKeys } from '../../office/registry/index.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Orm } from '../../platform/orm.ts';
import type { Party } from '../auth/tokens.ts';
import { Problem } from '../http/problem.ts';

/** How many streams a party may hold open at once in one process. */
export const MAX_STREAMS = 1_000;

/** The streams that are open in this process: how many each party holds, and whether their credentials are still good. */
export interface OpenStreams {
  readonly count: number;
  /**
   * Counts a stream in; what it returns counts it out, once. `end` is called when the stream's API key is revoked, or its
   * token's subject is somebody else by now. Throws
   * `too-many-requests` when the party holds too many.
   */
  enter(party: Party, end: () => void): () => void;
  close(): void;
}

interface OpenStream {
  readonly party: Party;
  readonly end: () => void;
}

/** One question for all streams finds the keys that were revoked, and one the subjects, however many streams there are. */
export function createOpenStreams(parts: { orm: Orm; logger: Logger; checkMs: number }): OpenStreams {
  const { orm, logger, checkMs } = parts;
  const open = new Set<OpenStream>();
  const held = new Map<string, number>();
  let checking = false;

  const count = (holder: string, change: 1 | -1): void => {
    const left = (held.get(holder) ?? 0) + change;
    if (left === 0) held.delete(holder);
    else held.set(holder, left);
  };

  const check = () => Promise.all([checkKeys(), checkSubjects()]);

  const checkKeys = async (): Promise<void> => {
    const keys = new Set([...open].flatMap(({ party }) => party.apiKeyId ?? []));
    if (keys.size === 0) return;
    const usable = await usableApiKeys(orm.em.fork(), [...keys]);
    for (const { party, end } of open) {
      // A key that was first used while the question was on its way was good a moment ago.
      const asked = party.apiKeyId !== undefined && keys.has(party.apiKeyId);
      if (asked && !usable.has(party.apiKeyId)) end();
    }
  };

  /** Ends the streams of subjects that are somebody else by now, or nobody. */
  const checkSubjects = async (): Promise<void> => {
    const streams = [...open].flatMap(({ party: { subject }, end }) => (subject ? [{ subject, end }] : []));
    if (streams.length === 0) return;
    const subjects = new Set(streams.map(({ subject }) => subject.subject));
    const revisions = await identityRevisions(orm.em.fork(), [...subjects]);
    for (const { subject, end } of streams) if (revisions.get(subjectKey(subject)) !== subject.revision) end();
  };

  const timer = setInterval(() => {
    if (checking) return;
    checking = true;
    // Without the database no event is sent either: the next check is soon enough.
    check()
      .catch((error: unknown) =>
        logger.debug({ err: error }, 'the credentials of open streams cannot be checked just now'),
      )
      .finally(() => (checking = false));
  }, checkMs).unref();

  return {
    get count() {
      return open.size;
    },
    enter(party, end) {
      // The same id in another role is another party.
      const holder = `${party.role}:${party.id}`;
      if ((held.get(holder) ?? 0) >= MAX_STREAMS) throw tooMany();
      const stream = { party, end };
      open.add(stream);
      count(holder, 1);
      return () => {
        if (open.delete(stream)) count(holder, -1);
      };
    },
    close: () => clearInterval(timer),
  };
}

function tooMany(): Problem {
  return new Problem('too-many-requests', `This party holds ${MAX_STREAMS} streams open: close one first.`, {
    headers: { 'Retry-After': '60' },
  });
}
