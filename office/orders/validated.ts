import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';
import { recordStep } from './step-record.ts';

const KEY = 'check_validated';

/** The seller has had the check validated at the check office (claim 2). Once: the key is unique. */
export function checkValidated({ sellerId, number }: { sellerId: string; number: string }): NewEvent {
  return { key: KEY, type: KEY, actor: sellerId, recipient: 'check-office', body: { number, valid: true } };
}

/**
 * Puts on record that the seller itself asked the check office about a check that was presented to it, and was answered that it is good. Of a
 * check in any other stage nothing is recorded, and nothing the second time.
 */
export async function recordValidation(
  em: EntityManager,
  check: { readonly orderId: OrderId; readonly sellerId: string; readonly number: string },
): Promise<void> {
  await recordStep(em, { orderId: check.orderId, from: ['presented'], events: [checkValidated(check)] });
}

export async function isCheckValidated(em: EntityManager, orderId: OrderId): Promise<boolean> {
  return (await em.count(OrderEvent, { orderId, key: KEY })) > 0;
}
