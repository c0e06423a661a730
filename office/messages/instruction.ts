import { z } from 'zod';
import { ADDRESS_PARTS } from '../../domain/address.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { DeliverTo, OrderLine, PricedLine } from '../../domain/order.ts';
import { JOSE_TYPES } from '../../domain/party-messages.ts';
import { orderDigest } from '../checks/index.ts';
import { openSigned, unsound, type KeyFinder, type Unsound } from './signed.ts';

/** What an instruction must say: the order as it is on record, opened. */
export interface InstructedOrder {
  readonly orderId: OrderId;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly (OrderLine | PricedLine)[];
  readonly deliverTo: DeliverTo;
}

/** The same for who may not know goods and address: then these are not compared. */
export type KnownOrder = Omit<InstructedOrder, 'lines' | 'deliverTo'> & Partial<InstructedOrder>;

const lines = z.array(
  z.looseObject({ sku: z.string(), quantity: z.int().positive(), weightGrams: z.number().positive().optional() }),
);
const parts = z.object(Object.fromEntries(ADDRESS_PARTS.map((part) => [part, z.string().nullish()])));
const payload = z.looseObject({
  iss: z.string().optional(),
  aud: z.union([z.string(), z.tuple([z.string()])]),
  sub: z.string().optional(),
  iat: z.number().optional(),
  lines,
  deliverTo: parts,
});

/**
 * Judges the seller's word to the distributor (claim 9): its signature, for whom it is, and that it names these goods and this address.
 * `iss` must be the signer; with no `iss` whose key it is says who signed.
 */
export async function judgeInstruction(
  jws: string,
  { order, keyFor, signer }: { order: KnownOrder; keyFor: KeyFinder; signer: string },
): Promise<{ readonly ok: true } | Unsound> {
  const signed = await openSigned(jws, JOSE_TYPES.instruction, keyFor);
  if (!signed.ok) return signed;
  const read = payload.safeParse(signed.payload);
  if (!read.success) return unsound(`lacks a good ${read.error.issues[0]?.path.join('.') ?? 'payload'}`);
  const said = read.data;
  const [aud] = [said.aud].flat();
  if (said.iss !== undefined && said.iss !== signer) return unsound('is issued by somebody else');
  if (aud !== order.distributorId) return unsound('is not for the distributor of the order');
  if (said.sub !== undefined && said.sub !== order.orderId) return unsound('is of another order');
  if (order.deliverTo && !isSameAddress(said.deliverTo, order.deliverTo)) return unsound('names another address');
  return order.lines ? judgeLines(said.lines, order.lines) : { ok: true };
}

function isSameAddress(said: z.output<typeof parts>, { ...address }: DeliverTo): boolean {
  const named = Object.fromEntries(ADDRESS_PARTS.flatMap((part) => (said[part] == null ? [] : [[part, said[part]]])));
  return digestOfAddress(named) === digestOfAddress(address);
}

/** As the check's own digest compares addresses: by their parts, in NFC. */
function digestOfAddress(address: Partial<DeliverTo>): string {
  return orderDigest({ lines: [], deliverTo: { name: '', street: '', country: '', ...address }, salt: '' });
}

function judgeLines(said: z.output<typeof lines>, ordered: InstructedOrder['lines']): { readonly ok: true } | Unsound {
  const remaining = [...ordered];
  for (const { sku, quantity, weightGrams } of said) {
    const at = remaining.findIndex((line) => line.sku === sku && line.quantity === quantity);
    const line = remaining[at];
    if (!line) return unsound('names other goods');
    const known = 'weightGrams' in line ? line.weightGrams : undefined;
    if (weightGrams !== undefined && known !== undefined && weightGrams !== known)
      return unsound('names another weight of the goods');
    remaining.splice(at, 1);
  }
  return remaining.length === 0 ? { ok: true } : unsound('does not name all of the goods');
}

/** What an instruction says that the office signs in the name of a seller without a server of its own. */
export function instructionPayload(
  order: InstructedOrder,
  issuer: string,
  now: Date,
): Readonly<Record<string, unknown>> {
  const { orderId, sellerId, distributorId, deliverTo } = order;
  return {
    iss: issuer,
    aud: distributorId,
    sub: orderId,
    iat: Math.floor(now.getTime() / 1000),
    from: sellerId,
    lines: order.lines.map((line) => ({
      sku: line.sku,
      quantity: line.quantity,
      ...('name' in line && { name: line.name, weightGrams: line.weightGrams }),
    })),
    deliverTo,
  };
}
