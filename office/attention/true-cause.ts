import { isTransmission } from '../../domain/transmissions.ts';
import type { OrderHealth, TaskQueueHealth } from '../../platform/order-health/health.ts';
import type { OrderNeedingAttention } from './list.ts';

/** The first attempt at a step did not answer in time; what its later attempts say is known to Temporal alone. */
const LOST_ATTEMPT = 'TimedOut';

/**
 * Adds what is too expensive to ask for a whole list: why a workflow task fails, since when nobody reads the queue, and what is wrong
 * by now with a party's own server, or with a step. An answer that cannot be had leaves the order as it was listed.
 */
export async function withTrueCause(health: OrderHealth, order: OrderNeedingAttention): Promise<OrderNeedingAttention> {
  const { reason, step } = order.attention;
  try {
    if (reason === 'WorkflowTaskFailing') return await withFailure(health, order);
    if (reason === 'WorkerSilent') return sinceThen(order, await health.taskTimeout(order.id));
    if (reason.startsWith('NoWorker')) return withSilence(await health.taskQueue(), order);
    if (isTransmission(step) || reason === LOST_ATTEMPT)
      return withLatestFault(order, await health.pendingFault(order.id, step));
    return order;
  } catch {
    return order;
  }
}

async function withFailure(health: OrderHealth, order: OrderNeedingAttention): Promise<OrderNeedingAttention> {
  const failure = await health.taskFailure(order.id);
  if (!failure) return order;
  const { message, since } = failure;
  const reason = `WorkflowTaskFailing: ${message}`;
  return { ...order, attention: { ...order.attention, reason, since: since.toISOString() } };
}

/** The order follows a change of what is wrong, but not each one of a server that fails otherwise every time. */
function withLatestFault(order: OrderNeedingAttention, reason: string | undefined): OrderNeedingAttention {
  return reason === undefined ? order : { ...order, attention: { ...order.attention, reason } };
}

/** Nobody reads since the last worker asked; an order that is younger has stood still all its life. */
function withSilence(
  { lastPollAt, unpolledVersions }: TaskQueueHealth,
  order: OrderNeedingAttention,
): OrderNeedingAttention {
  const { reason, since } = order.attention;
  const version = unpolledVersions.find((silent) => reason === `NoWorkerOfVersion:${silent.version}`);
  const last = version ? version.lastPollAt : lastPollAt;
  return !last || last.toISOString() < since ? order : sinceThen(order, last);
}

function sinceThen(order: OrderNeedingAttention, time: Date | undefined): OrderNeedingAttention {
  return time ? { ...order, attention: { ...order.attention, since: time.toISOString() } } : order;
}
