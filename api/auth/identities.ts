import { LRUCache } from 'lru-cache';
import { findIdentity, subjectKey, type KnownIdentity } from '../../office/registry/index.ts';
import type { Orm } from '../../platform/orm.ts';
import { isOutage } from '../http/outage.ts';

/** Whose token it is, in the words of its issuer. */
export interface TokenSubject {
  readonly issuer: string;
  readonly subject: string;
  /** Of the identity that said who that is here. Absent: there was none, and the token's claims said it. */
  readonly revision?: string;
}

/** Who that subject of an outside issuer is here, by the registry; `undefined` when it does not say. */
export type FindIdentity = (issuer: string, subject: string) => Promise<KnownIdentity | undefined>;

/** The registry's identities for every request, without asking the database each time. */
export interface Identities {
  readonly find: FindIdentity;
  /** Has the database be asked again: something was changed here. */
  forget(issuer: string, subject: string): void;
}

/** How long another process's change may take to be seen. */
const ANSWER_MS = 2_000;
/** So long the last answer counts while the database cannot be asked: an operator must be let in just then. */
const LAST_ANSWER_MS = 3_600_000;
const MOST_SUBJECTS = 10_000;

export function createIdentities(orm: Orm): Identities {
  // Promises: all who come at once share one question. A question that a change overtook is asked again.
  const answers = new LRUCache<string, Promise<KnownIdentity | undefined>>({ max: MOST_SUBJECTS, ttl: ANSWER_MS });
  const last = new LRUCache<string, { readonly identity: KnownIdentity | undefined }>({
    max: MOST_SUBJECTS,
    ttl: LAST_ANSWER_MS,
  });

  let changes = 0;

  const ask = async (key: string, issuer: string, subject: string): Promise<KnownIdentity | undefined> => {
    const before = changes;
    try {
      const identity = await findIdentity(orm.em.fork(), issuer, subject);
      if (changes === before) last.set(key, { identity });
      return identity;
    } catch (error) {
      const known = last.get(key);
      if (!known || !isOutage(error)) throw error;
      return known.identity;
    }
  };

  return {
    find(issuer, subject) {
      const key = subjectKey({ issuer, subject });
      const answer = answers.get(key) ?? ask(key, issuer, subject);
      if (!answers.has(key)) answers.set(key, answer);
      return answer;
    },
    forget(issuer, subject) {
      const key = subjectKey({ issuer, subject });
      changes += 1;
      answers.delete(key);
      last.delete(key);
    },
  };
}
