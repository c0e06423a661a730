import { createLocalJWKSet, errors, type CryptoKey, type FlattenedJWSInput, type JSONWebKeySet } from 'jose';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';

/** A JWK Set as `jose` makes it, of what was read or of what is asked for. */
interface KeySet {
  (header: { alg: string; kid?: string }, token?: FlattenedJWSInput): Promise<CryptoKey>;
  jwks(): JSONWebKeySet | undefined;
}

const MOST_CANDIDATES = 50;

/**
 * The keys of a set that may have made a signature. `kid` is optional on both sides (RFC 7517, section 4.5): a signature that names none may
 * be by any of them, and a key without one may have made a signature that names one. Throws what `jose` throws for a set that is none.
 */
export async function candidatesIn(set: KeySet, kid: string | undefined): Promise<readonly CryptoKey[]> {
  try {
    return [await set({ alg: CHECK_ALGORITHM, ...(kid !== undefined && { kid }) })];
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return severalOf(error);
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    const unnamed = kid === undefined ? [] : (set.jwks()?.keys.filter((key) => key.kid === undefined) ?? []);
    return unnamed.length === 0 ? [] : candidatesIn(createLocalJWKSet({ keys: unnamed }), undefined);
  }
}

async function severalOf(matching: errors.JWKSMultipleMatchingKeys): Promise<readonly CryptoKey[]> {
  const keys: CryptoKey[] = [];
  for await (const key of matching) {
    keys.push(key);
    if (keys.length === MOST_CANDIDATES) break;
  }
  return keys;
}
