import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Ending } from '../../../domain/ending.ts';
import type { Attention } from '../../../domain/order.ts';
import type { Stage } from '../../../domain/stages.ts';
import { noteEvents } from '../step-record.ts';

/** An operator's decision about an order on which no workflow works. */
export interface OperatorsDecision {
  /** Who is on record for it. */
  readonly actor: string;
  readonly reason: string;
}

/** Why nothing was done. */
export type NotDone = 'not_found' | 'ended' | 'delivered' | 'running' | 'no_request' | 'not_ended' | 'nothing_to_do';

export interface LockedOrder {
  readonly stage: Stage;
  readonly attention: Attention | null;
  readonly ending: Ending | null;
}

/**
 * Locks an order's row until the transaction ends. Every decision without a workflow takes this lock first, so two operators,
 * or an abort and a resume, come one after the other, and the second sees what the first has done.
 */
export async function lockOrder(tx: EntityManager, orderId: string): Promise<LockedOrder | undefined> {
  const [row] = await tx.execute<LockedOrder[]>(
    `select stage, attention, ending from orders where id = ? for no key update`,
    [orderId],
  );
  return row;
}

/** Notes who decided what, why, and what it did, as the workflow itself does for what it is asked. */
export async function noteDecision(
  tx: EntityManager,
  orderId: string,
  { actor, reason }: OperatorsDecision,
  made: { readonly action: string; readonly on: string; readonly effect: string },
): Promise<void> {
  const { action, on, effect } = made;
  const key = `intervention_made:${randomUUID()}`;
  await noteEvents(tx, orderId, [{ key, type: 'intervention_made', actor, body: { action, reason, on, effect } }]);
}
