import { createRemoteJWKSet, type RemoteJWKSet } from 'jose';

/** The check office as a party knows it. */
export interface Office {
  /** `iss` of its checks and messages: the office's CHECK_ISSUER, `countersign` unless set. */
  readonly issuer: string;
  /** `https://…/.well-known/jwks.json` of the office. */
  readonly jwksUrl: string;
  /** Where its status list is read; beside its keys (`…/.well-known/echeck-status`) unless set. */
  readonly statusListUrl?: string;
}

/** A revoked key of the office counts here no longer than this. */
const KEYS_FRESH_MS = 30_000;
/** A key that is not known is looked for again at most so often, whatever strangers send. */
const COOL_DOWN_MS = 1_000;

const known = new WeakMap<Office, RemoteJWKSet>();

/** The office's public keys, read when they are needed and kept for half a minute; a rotation is noticed at once. */
export function officeKeys(office: Office): RemoteJWKSet {
  const keys =
    known.get(office) ??
    createRemoteJWKSet(new URL(office.jwksUrl), { cacheMaxAge: KEYS_FRESH_MS, cooldownDuration: COOL_DOWN_MS });
  known.set(office, keys);
  return keys;
}

/** Codes of `jose` that say that a text is not good; every other error says that the keys could not be had. */
const NOT_GOOD = /^ERR_(JWS|JWT|JWKS_(NO|MULTIPLE)_MATCHING|JOSE_(ALG|NOT_SUPPORTED))/;

/** True when a verification failed for what was verified, false when the signer's keys cannot be read (try again). */
export function isNotGood(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && NOT_GOOD.test(code);
}
