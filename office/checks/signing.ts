import { CompactSign } from 'jose';
import type { EntityManager } from '@mikro-orm/postgresql';
import { CHECK_ALGORITHM, CHECK_TYPE, type CheckClaims } from '../../domain/echeck.ts';
import type { Orm } from '../../platform/orm.ts';
import { payloadOf, verifyCheckWith, type Verification } from './jws.ts';
import type { KeyRing } from './key-ring.ts';

/** Makes checks and verifies them (claims 1, 2, 6). */
export interface CheckSigning {
  /**
   * Signs claims as a compact JWS (EdDSA, `typ` echeck+jwt). The register must keep `kid` and `statusIndex` with it.
   * Throws when the claims lack charge or terminal information, or when no key may sign.
   */
  signCheck(claims: CheckClaims): Promise<SignedCheck>;
  /** `iss` of everything that the office signs. */
  readonly issuer: string;
  /** Signs what is no check with the same keys: a compact JWS (EdDSA) of that `typ`. Throws when no key may sign. */
  sign(
    typ: string,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly jws: string; readonly kid: string }>;
  /** Whether a key of that id is known and not revoked. */
  isGoodKey(kid: string): Promise<boolean>;
  /**
   * Signature, issuer, shape and time; what the register knows comes on top (`validateCheck`).
   * With `sellerId`, the check must be made out to that seller. Inside a transaction, pass its EntityManager as `em`.
   */
  verifyCheck(jws: string, asked?: { sellerId?: string; em?: EntityManager }): Promise<Verification>;
}

export interface SignedCheck {
  readonly jws: string;
  readonly kid: string;
  /** Column `status_index`: the check's place in the status list, which the check itself says. */
  readonly statusIndex: number;
}

export interface CheckSigningOptions {
  readonly orm: Orm;
  readonly keyRing: KeyRing;
  /** `iss` of every check. */
  readonly issuer: string;
  /** Where the status list is published; a URN of the issuer when it has no public address. */
  readonly statusListUri?: string;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

export function createCheckSigning(options: CheckSigningOptions): CheckSigning {
  const { orm, keyRing, issuer, now = Date.now } = options;
  const statusListUri = options.statusListUri ?? defaultStatusListUri(issuer);
  const nextStatusIndex = statusIndexes(orm);

  const sign = async (typ: string, payload: object): Promise<{ jws: string; kid: string }> => {
    const { kid, key } = await keyRing.signingKey();
    const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader({ alg: CHECK_ALGORITHM, typ, kid })
      .sign(key);
    return { jws, kid };
  };

  return {
    issuer,
    sign,
    isGoodKey: async (kid) => (await keyRing.verificationKey(kid)) !== undefined,
    async signCheck(claims) {
      const statusIndex = await nextStatusIndex();
      const payload = payloadOf(claims, statusIndex, { issuer, statusListUri });
      return { ...(await sign(CHECK_TYPE, payload)), statusIndex };
    },
    async verifyCheck(jws, { sellerId, em } = {}) {
      const keyFor = (kid: string) => keyRing.verificationKey(kid, em);
      const verified = await verifyCheckWith(jws, { issuer, now, keyFor });
      if (verified.ok && sellerId !== undefined && verified.claims.sellerId !== sellerId) {
        return { ok: false, reason: 'wrong_payee', detail: 'made out to another seller' };
      }
      return verified;
    },
  };
}

/** The name of the issuer's status list where no public address is set. */
export function defaultStatusListUri(issuer: string): string {
  return `urn:${issuer}:echeck-status`;
}

/** So many places are passed over by one statement. */
const PASSED_AT_ONCE = 1_000;

/** Sees to it that no new check gets a place up to this one: checks that a restore of the database took away hold them. */
export async function passStatusIndex(em: EntityManager, upTo: number): Promise<void> {
  for (let last = -1; last < upTo;) {
    const [row] = await em.execute<{ last: string }[]>(
      `select max(nextval('echecks_status_index_seq')) as last from generate_series(1, ?::int)`,
      [last < 0 ? 1 : Math.min(PASSED_AT_ONCE, upTo - last)],
    );
    last = Number(row?.last ?? upTo);
  }
}

const INDEX_BLOCK = 32;

/** Takes places in the status list from its sequence, a block at a time; those left over at the end of a process stay empty permanently. */
function statusIndexes(orm: Orm): () => Promise<number> {
  const block: number[] = [];
  return async () => {
    while (block.length === 0) {
      const rows = await orm.em
        .fork()
        .execute<{ idx: string }[]>(
          `select nextval('echecks_status_index_seq') as idx from generate_series(1, ?::int)`,
          [INDEX_BLOCK],
        );
      block.push(...rows.map(({ idx }) => Number(idx)));
    }
    const next = block.shift();
    if (next === undefined) throw new Error('a filled block holds an index');
    return next;
  };
}
