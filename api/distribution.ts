import type { z } from 'zod';
import { parseOrderId } from '../domain/ids.ts';
import type { OrderView } from '../domain/order.ts';
import { deliveryConfirmed, distributionEvent } from '../workflows/messages.ts';
import type { ApiDeps } from './deps.ts';
import type { distributionEvent as eventSchema } from './schemas/actions.ts';

/**
 * Leaves a distributor’s report with the order’s workflow, as a signal that waits for workers as long as it must.
 * An order whose workflow has ended needs no report: a repeated or late one changes nothing.
 */
export async function reportDistribution(
  deps: ApiDeps,
  view: OrderView,
  event: z.output<typeof eventSchema>,
): Promise<void> {
  const orderId = parseOrderId(view.id);
  if (!orderId) throw new Error(`the row of ${view.id} has no order id`);
  const { eventId, kind, occurredAt, receivedBy, note } = event;
  if (kind !== 'delivered') {
    await deps.gateway.signal(orderId, distributionEvent, { eventId, kind, occurredAt, note });
    return;
  }
  const sealed = receivedBy === undefined ? undefined : await deps.sealer.seal(view.buyerId, receivedBy);
  await deps.gateway.signal(orderId, deliveryConfirmed, { eventId, deliveredAt: occurredAt, receivedBy: sealed });
}
