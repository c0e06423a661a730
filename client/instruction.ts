import { decodeJwt, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { isNotGood } from './office.ts';
import { ALGORITHM, JOSE_TYPES, type DeliverTo, type InstructedLine } from './party-messages.ts';

/** The seller's word to the distributor: what to bring where. */
export interface Instruction {
  /** Who signed it: the seller, or the office in the name of one that has no server. */
  readonly issuer: string;
  readonly distributorId: string;
  readonly orderId: string;
  readonly lines: readonly InstructedLine[];
  readonly deliverTo: DeliverTo;
}

/** Whoever signs with a key of its own: a `SiteKey`. */
export interface Signer {
  sign(typ: string, payload: object): Promise<string>;
}

/**
 * Signs an instruction with the seller's own key: `body.instruction` of the verdict `promised`. Lines and address must be
 * those of the order.
 */
export function signInstruction(
  key: Signer,
  { issuer, distributorId, orderId, lines, deliverTo }: Instruction,
  issuedAt = new Date(),
): Promise<string> {
  const iat = Math.floor(issuedAt.getTime() / 1000);
  return key.sign(JOSE_TYPES.instruction, { iss: issuer, aud: distributorId, sub: orderId, iat, lines, deliverTo });
}

/** Of which order it is and who has signed it, where an instruction does not say so itself: `sub` and `iss` may be left out. */
export type Unsaid = Partial<Pick<Instruction, 'issuer' | 'orderId'>>;

/** What an instruction says, without judging its signature. Returns `undefined` when it is none. */
export function readInstruction(jws: string, unsaid: Unsaid = {}): Instruction | undefined {
  try {
    return instructionFrom(decodeJwt(jws), unsaid);
  } catch {
    return undefined;
  }
}

/**
 * Verifies an instruction as its distributor. `keysOf` gives the keys of whoever signed it (`iss`, else `issuer`), `undefined` for
 * somebody unknown. Returns `undefined` when it is not good; throws when the signer's keys cannot be read.
 */
export async function verifyInstruction(
  jws: string,
  asked: {
    readonly distributorId: string;
    readonly orderId: string;
    /** The `from` of the message: who has signed it where it does not say so itself. */
    readonly issuer?: string;
    readonly keysOf: (issuer: string) => JWTVerifyGetKey | undefined;
  },
): Promise<Instruction | undefined> {
  const said = readInstruction(jws, asked);
  const keys = said && asked.keysOf(said.issuer);
  if (!keys || said.orderId !== asked.orderId) return undefined;
  try {
    const { payload } = await jwtVerify(jws, keys, {
      algorithms: [ALGORITHM],
      typ: JOSE_TYPES.instruction,
      audience: asked.distributorId,
    });
    return instructionFrom(payload, asked);
  } catch (error) {
    if (isNotGood(error)) return undefined;
    throw error;
  }
}

function instructionFrom(claims: Readonly<Record<string, unknown>>, unsaid: Unsaid): Instruction | undefined {
  const { iss = unsaid.issuer, aud, sub = unsaid.orderId, lines, deliverTo } = claims;
  const distributorId = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (![iss, distributorId, sub].every((text) => typeof text === 'string' && text !== '')) return undefined;
  if (!Array.isArray(lines) || lines.length === 0 || !lines.every(isLine)) return undefined;
  const { name, street, country } = Object(deliverTo) as Record<string, unknown>;
  if (![name, street, country].every((text) => typeof text === 'string')) return undefined;
  return { issuer: iss, distributorId, orderId: sub, lines, deliverTo } as Instruction;
}

function isLine(line: unknown): boolean {
  const { sku, quantity, weightGrams } = Object(line) as Record<string, unknown>;
  return typeof sku === 'string' && isCount(quantity) && isCount(weightGrams);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
