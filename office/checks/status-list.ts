import { CompactSign } from 'jose';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';
import { statusTypeOf, type StatusType } from '../../domain/check-status-type.ts';
import { kyselyOf } from '../../entities/database.ts';
import type { Orm } from '../../platform/orm.ts';
import { defaultStatusListUri } from './signing.ts';
import { encodeStatusList, STATUS_LIST_TYPE, type StatusListPayload } from './status-list-format.ts';
import type { KeyRing } from './key-ring.ts';

/** The signed list from which anyone reads a check's fate without asking the check office about that check. */
export interface StatusListPublisher {
  /** The current token, at most `ttlSeconds` old; serve it as `application/statuslist+jwt`. */
  token(): Promise<string>;
  readonly ttlSeconds: number;
}

export interface StatusListOptions {
  readonly orm: Orm;
  readonly keyRing: KeyRing;
  readonly issuer: string;
  readonly statusListUri?: string;
  /** How long a stop may take to show offline. */
  readonly ttlSeconds?: number;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

/** A verifier that cannot reach the office may use a list for this long. */
const LIFETIME_SECONDS = 3_600;
/** The list reaches beyond the last check, so that the next ones are in it and nobody counts checks by its length. */
const SPARE_PLACES = 4_096;

export function createStatusList(options: StatusListOptions): StatusListPublisher {
  const { keyRing, ttlSeconds = 15, now = Date.now } = options;
  let latest: { token: Promise<{ jwt: string; kid: string }>; until: number } | undefined;

  const publish = (): Promise<{ jwt: string; kid: string }> => {
    const token = signList(options, ttlSeconds, Math.floor(now() / 1000));
    latest = { token, until: now() + ttlSeconds * 1000 };
    // A failed attempt must not be served again; whoever asked learns of it through the promise itself.
    token.catch(() => (latest = undefined));
    return token;
  };

  return {
    ttlSeconds,
    async token() {
      const current = latest && latest.until > now() ? await latest.token : await publish();
      // Nobody believes a list whose key was revoked meanwhile.
      return (await keyRing.verificationKey(current.kid)) ? current.jwt : (await publish()).jwt;
    },
  };
}

async function signList(
  { orm, keyRing, issuer, statusListUri }: StatusListOptions,
  ttlSeconds: number,
  nowSeconds: number,
): Promise<{ jwt: string; kid: string }> {
  const { entries, places } = await readEntries(orm, nowSeconds);
  const { kid, key } = await keyRing.signingKey();
  const payload: StatusListPayload = {
    iss: issuer,
    sub: statusListUri ?? defaultStatusListUri(issuer),
    iat: nowSeconds,
    exp: nowSeconds + LIFETIME_SECONDS,
    ttl: ttlSeconds,
    status_list: encodeStatusList(entries, places),
  };
  const jwt = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: CHECK_ALGORITHM, typ: STATUS_LIST_TYPE, kid })
    .sign(key);
  return { jwt, kid };
}

const DAY_SECONDS = 86_400;

async function readEntries(
  orm: Orm,
  nowSeconds: number,
): Promise<{ entries: Map<number, StatusType>; places: number }> {
  const database = kyselyOf(orm.em.fork());
  const rows = await database
    .selectFrom('CheckWithAccount')
    .select(['statusIndex', 'status', 'accountStatus', 'keyRevoked'])
    // Checks that ran out long ago are left out: their own `exp` refuses them, so the list grows with open checks only.
    .where('expiresAt', '>', new Date((nowSeconds - DAY_SECONDS) * 1000))
    .where((check) =>
      check.or([
        check('status', 'not in', ['issued', 'presented']),
        check('accountStatus', '<>', 'open'),
        check('keyRevoked', '=', true),
      ]),
    )
    .execute();
  const { last } = await database
    .selectFrom('ECheck')
    .select((check) => check.fn.max('statusIndex').as('last'))
    .executeTakeFirstOrThrow();
  const entries = new Map(rows.map((row) => [Number(row.statusIndex), statusTypeOf(row)]));
  // Asked after the entries, so it reaches at least as far as they do.
  const needed = Number(last ?? 0) + 1 + SPARE_PLACES;
  return { entries, places: Math.ceil(needed / SPARE_PLACES) * SPARE_PLACES };
}
