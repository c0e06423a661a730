import type { DeliverTo } from '../../domain/order.ts';
import { ForgottenError, type Sealer } from '../../platform/sealing.ts';

/** What is sealed for an order: the address, and the salt that keeps its digest from being guessed. */
export interface SealedAddress extends DeliverTo {
  readonly salt: string;
}

/** The address of an order for those who may see it; `null` once its buyer's personal data was forgotten. */
export async function openAddress(sealer: Sealer, sealed: string): Promise<DeliverTo | null> {
  try {
    const { name, street, city, postalCode, country } = await sealer.open<SealedAddress>(sealed);
    return { name, street, city, postalCode, country };
  } catch (error) {
    if (error instanceof ForgottenError) return null;
    throw error;
  }
}

/** Seals another address with the order's own salt, so that the check's digest can be compared with it. */
export async function resealAddress(
  sealer: Sealer,
  buyerId: string,
  sealed: string,
  deliverTo: DeliverTo,
): Promise<string> {
  const { salt } = await sealer.open<SealedAddress>(sealed);
  return sealer.seal(buyerId, { ...deliverTo, salt });
}
