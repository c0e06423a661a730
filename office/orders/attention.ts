import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { type Attention, ENDED_STAGES } from '../../domain/order.ts';
import { AFTER_THE_END } from '../../domain/transmissions.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { noteEvents } from './step-record.ts';

/**
 * Shows on the order's row that it needs a person, or no longer does (`null`). The workflow calls it in order. A note that
 * comes after the order has ended is an event only, unless it says that a party's own server has not signed for the end. One
 * statement decides by the row as it is and writes it.
 */
export async function recordAttention(
  em: EntityManager,
  orderId: OrderId,
  attention: Attention | null,
  events: readonly NewEvent[],
): Promise<void> {
  await em.execute(
    `update orders set attention = said.attention, updated_at = now() from (select ?::jsonb as attention) said where id = ?
       and (not (stage = any(?::text[])) or coalesce(said.attention, orders.attention)->>'step' = any(?::text[]))
       and orders.attention->>'reason' is distinct from 'ReportAfterEnd'`,
    [
      attention ? JSON.stringify(attention) : null,
      orderId,
      `{${ENDED_STAGES.join(',')}}`,
      `{${AFTER_THE_END.join(',')}}`,
    ],
  );
  await noteEvents(em, orderId, events);
}

/** Shows that somebody must look at the order, also at one that has ended. `about` joins the attention in the event. */
export async function raiseAttention(
  tx: EntityManager,
  orderId: OrderId,
  attention: Attention,
  { key, about }: { key: string; about?: Record<string, unknown> },
): Promise<void> {
  await tx.execute('update orders set attention = ?::jsonb, updated_at = now() where id = ?', [
    JSON.stringify(attention),
    orderId,
  ]);
  const body = { ...attention, ...about };
  await noteEvents(tx, orderId, [{ key, type: 'attention_raised', actor: 'service', body }]);
}

/** Nobody is needed any more; the caller notes why. */
export async function clearAttention(tx: EntityManager, orderId: OrderId): Promise<void> {
  await tx.execute('update orders set attention = null, updated_at = now() where id = ?', [orderId]);
}
