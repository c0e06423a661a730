import { createRemoteJWKSet, customFetch, type RemoteJWKSet } from 'jose';
import { LRUCache } from 'lru-cache';
import { RECEIPT_LIMITS } from '../../domain/party-messages.ts';
import { candidatesIn } from './key-sets.ts';
import { getKeys, siteAddress, type SiteCall } from './site-calls.ts';
import type { KeyFinder } from './signed.ts';
import { TransmissionError } from './transmission-error.ts';

/** The public keys of the parties' own servers, as they publish them. One for a process: it keeps them for a minute. */
export interface SiteKeys {
  /** Finds keys of that site. The finder throws `TransmissionError` where they cannot be read. */
  of(site: SiteCall): KeyFinder;
}

export interface SiteKeyOptions {
  /** A key that is not known is looked for again, at most so often. */
  readonly cooldownMs?: number;
  /** For so long keys are kept: one that its party has withdrawn is believed no longer than that. */
  readonly maxAgeMs?: number;
}

const COOLDOWN_MS = 5_000;
const MAX_AGE_MS = 60_000;
const MOST_SITES = 1_000;

export function createSiteKeys({ cooldownMs = COOLDOWN_MS, maxAgeMs = MAX_AGE_MS }: SiteKeyOptions = {}): SiteKeys {
  const sets = new LRUCache<string, RemoteJWKSet>({ max: MOST_SITES });
  return {
    of({ url, allowPrivate, signal }) {
      const address = siteAddress(url, '.well-known/jwks.json');
      const known =
        sets.get(address) ??
        createRemoteJWKSet(new URL(address), {
          timeoutDuration: RECEIPT_LIMITS.timeoutMs,
          cooldownDuration: cooldownMs,
          cacheMaxAge: maxAgeMs,
          [customFetch]: async () => new Response(publicOnly(await getKeys({ url, allowPrivate })), { status: 200 }),
        });
      sets.set(address, known);
      return (kid) => unlessEnded(keysFrom(known, kid), signal);
    },
  };
}

/** One question for keys serves whoever asks at that moment, so it goes on when one of them wants no answer any more. */
function unlessEnded<Answer>(asked: Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
  if (!signal) return asked;
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

async function keysFrom(set: RemoteJWKSet, kid: string | undefined): ReturnType<KeyFinder> {
  try {
    return await candidatesIn(set, kid);
  } catch (error) {
    if (error instanceof TransmissionError) throw error;
    throw new TransmissionError('SiteKeysUnavailable', 'its keys are no JWK Set of public keys');
  }
}

/** A site that publishes its private keys has none that anybody could believe. */
function publicOnly(text: string): string {
  const keys = keysOf(text);
  if (keys.some((key) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key)))
    throw new TransmissionError('SiteKeysUnavailable', 'its keys are no JWK Set of public keys: it shows private ones');
  return text;
}

function keysOf(text: string): readonly unknown[] {
  try {
    const set: unknown = JSON.parse(text);
    if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) return set.keys;
  } catch {
    // Falls through: what is no JSON is no JWK Set either.
  }
  throw new TransmissionError('SiteKeysUnavailable', 'its keys are no JWK Set of public keys');
}
