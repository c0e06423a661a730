import type { EntityManager } from '@mikro-orm/postgresql';
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import {
  officeKeys,
  readInstruction,
  verifyInstruction,
  type Instruction,
  type MessageOf,
  type Office,
} from '../../../client/site.ts';
import { TrustedSeller } from '../entities/trusted-seller.entity.ts';

/** NUL and halves of characters, as JSON writes them: PostgreSQL keeps neither. */
const UNKEEPABLE = /\\u(?:0000|d[89a-f])/i;

const sellerKeys = new Map<string, JWTVerifyGetKey>();

/**
 * The seller's instruction, or `bad`. Signed by the office itself (for a seller without a server), or by a seller whose keys the
 * company knows, its signature is verified. Of another seller's the office's own signed message vouches: it has verified the
 * instruction before it relayed it, and is answerable for that by its signature. Throws when keys cannot be read.
 */
export async function instructionIn(
  em: EntityManager,
  { orderId, from, body: { instruction: jws } }: MessageOf<'instruction'>,
  { party, office }: { readonly party: string; readonly office: Office },
): Promise<Instruction | 'bad'> {
  const said = readInstruction(jws, { issuer: from, orderId });
  if (!said || said.distributorId !== party || said.orderId !== orderId) return 'bad';
  if (said.issuer !== office.issuer && said.issuer !== from) return 'bad';
  // The office compares goods and address with the order; what else a seller writes, no database need be able to keep.
  if (UNKEEPABLE.test(JSON.stringify(said))) return 'bad';
  const keys = said.issuer === office.issuer ? officeKeys(office) : await keysOfSeller(em, from);
  if (!keys) return said;
  return (await verifyInstruction(jws, { distributorId: party, orderId, issuer: from, keysOf: () => keys })) ?? 'bad';
}

async function keysOfSeller(em: EntityManager, id: string): Promise<JWTVerifyGetKey | undefined> {
  const seller = await em.findOne(TrustedSeller, id);
  if (!seller) return undefined;
  const known = sellerKeys.get(seller.jwksUrl) ?? createRemoteJWKSet(new URL(seller.jwksUrl));
  sellerKeys.set(seller.jwksUrl, known);
  return known;
}
