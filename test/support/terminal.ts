import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWTHeaderParameters } from 'jose';
import type { TerminalKey } from '../../domain/echeck.ts';
import type { Answer } from '../api/support.ts';
import { presentationOf } from './service.ts';

/** A terminal with a key of its own, as somebody writes one who knows the docs alone. */
export interface TestTerminal {
  readonly terminalKey: TerminalKey;
  readonly thumbprint: string;
  /** The claims of a good presentation of that order, as its buyer reads it. */
  claimsFor(order: Answer['body']): Record<string, unknown>;
  sign(claims: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** The one signed message that presents the order's check, with changes of its claims. */
  present(order: Answer['body'], change?: Record<string, unknown>): Promise<{ presentation: string }>;
}

export async function testTerminal(): Promise<TestTerminal> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { kty, crv, x } = await exportJWK(publicKey);
  const terminalKey = { kty, crv, x } as TerminalKey;
  const sign: TestTerminal['sign'] = (claims, header = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'presentation+jwt', jwk: { ...terminalKey }, ...header })
      .sign(privateKey);
  const claimsFor: TestTerminal['claimsFor'] = (order) => {
    const { echeck, ...content } = presentationOf(order);
    return { digest: digestOf(String(echeck)), ...content };
  };
  return {
    terminalKey,
    thumbprint: await calculateJwkThumbprint(terminalKey),
    claimsFor,
    sign,
    present: async (order, change = {}) => ({ presentation: await sign({ ...claimsFor(order), ...change }) }),
  };
}

/** SHA-256 of a check's compact text, base64url. */
export function digestOf(jws: string): string {
  return createHash('sha256').update(jws).digest('base64url');
}
