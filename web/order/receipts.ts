import { base64url, compactVerify, createLocalJWKSet, importJWK } from 'jose';
import type { components } from '../../client/index.ts';
import { isCanonical, sha256 } from '../../client/base64url.ts';
import { ALGORITHM, JOSE_TYPES } from '../../client/party-messages.ts';

export type PartyMessage = components['schemas']['PartyMessage'];
export type OrderMessages = components['schemas']['OrderMessages'];

/**
 * What a signature comes to by the keys that came with it. `fits` says no more than that: whose keys they are, this browser does not
 * know (`npm run verify -- evidence` does, with keys that one knows otherwise).
 */
export type Fit = 'fits' | 'does_not_fit' | 'missing';

export interface JudgedMessage {
  readonly message: Fit;
  readonly receipt: Fit;
}

/** Judges a message by the office's keys, and its receipt by the key of the party that it carries. Never throws. */
export async function judgeMessage(one: PartyMessage, office: OrderMessages['office']): Promise<JudgedMessage> {
  return { message: await judgeText(one, office), receipt: await judgeReceipt(one, office.issuer) };
}

async function judgeText(
  { id, kind, from, to, message }: PartyMessage,
  { issuer, jwks }: OrderMessages['office'],
): Promise<Fit> {
  if (message === null) return 'missing';
  const keys = createLocalJWKSet(jwks);
  const verify = () => compactVerify(message, keys, { algorithms: [ALGORITHM] });
  return fit(message, JOSE_TYPES.message, verify, { iss: issuer, jti: id, kind, from, aud: to });
}

async function judgeReceipt({ id, to, message, receipt, verdict, keys }: PartyMessage, issuer: string): Promise<Fit> {
  if (receipt === null || keys === null) return 'missing';
  const verify = async () => compactVerify(receipt, await importJWK(keys, ALGORITHM), { algorithms: [ALGORITHM] });
  // Where the message itself is withheld, what it is a receipt of cannot be looked at.
  const digest = message === null ? {} : { digest: await sha256(message) };
  return fit(receipt, JOSE_TYPES.receipt, verify, { iss: to, aud: issuer, message: id, verdict, ...digest });
}

async function fit(
  jws: string,
  typ: string,
  verify: () => ReturnType<typeof compactVerify>,
  expected: Readonly<Record<string, unknown>>,
): Promise<Fit> {
  try {
    const { payload, protectedHeader } = await verify();
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Readonly<Record<string, unknown>>;
    const says = Object.entries(expected).every(([name, value]) => [claims[name]].flat()[0] === value);
    return says && protectedHeader.typ === typ && isCanonical(jws) ? 'fits' : 'does_not_fit';
  } catch {
    return 'does_not_fit';
  }
}

/** What a JWS says, for people to read; `undefined` when it is no JSON. Nothing is verified by it. */
export function saidIn(jws: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(base64url.decode(jws.split('.')[1] ?? '')));
  } catch {
    return undefined;
  }
}
