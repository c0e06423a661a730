import { importJWK, type CryptoKey } from 'jose';
import { z } from 'zod';
import { refusalOfStatusType, type StatusType } from '../domain/check-status-type.ts';
import { CHECK_ALGORITHM, type CheckClaims, type CheckRefusal } from '../domain/echeck.ts';
import { type StatusList, type Verification, openStatusList, verifyCheckWith } from '../office/checks/index.ts';

/** What an offline verifier holds: the office's public keys and, unless it does without, its signed status list. */
export interface OfflineMaterial {
  /** The JWK Set of `/.well-known/jwks.json`, parsed. */
  readonly jwks: unknown;
  /** Gets the status list token of that URI; absent: stops and voids are not looked up. */
  readonly statusList?: (uri: string) => Promise<string>;
  readonly issuer: string;
  /** The seller that must be the payee. */
  readonly payee?: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface OfflineVerdict {
  readonly valid: boolean;
  readonly reason?: CheckRefusal;
  readonly detail: string;
  /** Only of a check whose signature holds. */
  readonly claims?: CheckClaims;
  /** What the status list says, and the moment that it describes. */
  readonly status?: { readonly type: StatusType; readonly asOf: string };
}

/** The check can be neither believed nor refused: the status list does not say its status. */
class UndecidedError extends Error {
  override readonly name = 'UndecidedError';
}

/**
 * Judges a check without the check office, as the office would: the same rules in the same order, from public keys and
 * the status list alone. Throws `StatusListError` and `UndecidedError` when the list cannot tell.
 */
export async function verifyOffline(jws: string, material: OfflineMaterial): Promise<OfflineVerdict> {
  const keyFor = keysOf(material.jwks);
  const verified = await verifyCheckWith(jws, { ...material, keyFor });
  if (!verified.ok) return { valid: false, reason: verified.reason, detail: verified.detail };
  const { claims } = verified;
  if (material.payee !== undefined && material.payee !== claims.sellerId) {
    return { valid: false, reason: 'wrong_payee', detail: `made out to ${claims.sellerId}`, claims };
  }
  const status = await statusOf(verified, material, keyFor);
  if (!status) return { valid: true, detail: 'signature and time hold; its status was not looked up', claims };
  const reason = refusalOfStatusType(status.type);
  if (reason) return { valid: false, reason, detail: `the status list says: ${status.type}`, claims, status };
  return { valid: true, detail: 'signature, time and status hold', claims, status };
}

type KeyFor = (kid: string) => Promise<CryptoKey | undefined>;

async function statusOf(
  { statusList: { idx, uri } }: Extract<Verification, { ok: true }>,
  material: OfflineMaterial,
  keyFor: KeyFor,
): Promise<OfflineVerdict['status']> {
  if (!material.statusList) return undefined;
  const token = await material.statusList(uri);
  const list: StatusList = await openStatusList(token, { ...material, keyFor, uri });
  const type = list.statusAt(idx);
  if (!type) throw new UndecidedError('the status list is older than the check: fetch it again');
  return { type, asOf: list.issuedAt };
}

const publicKeys = z.object({ keys: z.array(z.looseObject({ kid: z.string().optional() })) });
const ed25519Key = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().length(43) });

/** Finds a key by its id. Keys of other kinds in the set are passed over. Throws `ZodError` when it is no JWK Set. */
function keysOf(jwks: unknown): KeyFor {
  const { keys } = publicKeys.parse(jwks);
  return async (kid) => {
    const jwk = ed25519Key.safeParse(keys.find((key) => key.kid === kid));
    if (!jwk.success) return undefined;
    const key = await importJWK(jwk.data, CHECK_ALGORITHM);
    return key instanceof Uint8Array ? undefined : key;
  };
}
