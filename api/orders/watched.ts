import { type Attention, isEnded, type OrderView } from '../../domain/order.ts';
import { withTrueCause } from '../../office/attention/index.ts';
import type { OrderRecord } from '../../office/orders/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { Party } from '../auth/tokens.ts';
import type { AppDeps } from '../deps.ts';

/**
 * The order as operators see it: with what keeps it from going on and no code of its own can say, that no worker has its version, its
 * workflow fails, or it does not move. For everybody else, and while Temporal does not answer, as its row has it.
 */
export async function asWatched(
  found: OrderRecord,
  { role }: Pick<Party, 'role'>,
  deps: AppDeps,
): Promise<OrderRecord> {
  const { view } = found;
  if (role !== 'operator' || view.attention || isEnded(view.stage)) return found;
  try {
    const attention = await withinDeadline(watchedAttention(view, deps), WATCH_TIMEOUT_MS);
    return attention ? { ...found, view: { ...view, attention } } : found;
  } catch (error) {
    deps.logger.debug({ err: error }, 'an order is shown as its row has it');
    return found;
  }
}

/** An order that has moved since the look does go on. */
async function watchedAttention(
  { id: orderId, updatedAt }: OrderView,
  { watching, gateway }: AppDeps,
): Promise<Attention | undefined> {
  const { at, orders } = await watching();
  const found = Date.parse(updatedAt) < at.getTime() && orders.find(({ id }) => id === orderId);
  return found ? (await withTrueCause(gateway.health, found)).attention : undefined;
}

/** The order itself is read without Temporal: it is not kept waiting for it. */
const WATCH_TIMEOUT_MS = 1_000;
