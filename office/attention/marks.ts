import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import type { OrderId } from '../../domain/ids.ts';
import { type Attention, isEnded } from '../../domain/order.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { kyselyOf } from '../../entities/database.ts';
import type { Orm } from '../../platform/orm.ts';
import type { ClosedReason } from '../../platform/order-health/health.ts';
import { lockOrderState, recordAttention } from '../orders/index.ts';

/** An attention that says that no workflow works on the order; what else concerns its workflow is the order's own. */
export function isMarkOf({ step, reason }: Attention): boolean {
  return step === WORKFLOW_STEP && reason.startsWith('Workflow');
}

/** Whether an order's workflow runs, and otherwise why none does. */
export type WorkflowState = (orderId: OrderId) => Promise<'running' | ClosedReason>;

/**
 * Marks the rows of orders on which no workflow works, so that everybody who reads the order sees it, and takes the mark from
 * those on which one works again. Returns why none does, by order.
 */
export async function markUnattended(
  orm: Orm,
  orderIds: readonly OrderId[],
  workflowState: WorkflowState,
): Promise<ReadonlyMap<OrderId, ClosedReason>> {
  const gone = new Map<OrderId, ClosedReason>();
  for (const orderId of new Set([...orderIds, ...(await marked(orm.em.fork()))])) {
    const found = await orm.em.fork().transactional((tx) => mark(tx, orderId, workflowState));
    if (found) gone.set(orderId, found);
  }
  return gone;
}

/** Asked again under the row's lock: an operator may resume it at this moment. */
async function mark(
  tx: EntityManager,
  orderId: OrderId,
  workflowState: WorkflowState,
): Promise<ClosedReason | undefined> {
  const { stage, attention } = await lockOrderState(tx, orderId);
  if (!stage || isEnded(stage)) return undefined;
  const known = attention && isMarkOf(attention) ? attention : undefined;
  const found = await workflowState(orderId);
  const now = new Date().toISOString();
  if (found === 'running') {
    if (known) await recordAttention(tx, orderId, null, [eventOf('attention_cleared', known, now)]);
    return undefined;
  }
  if (known?.reason === found) return found;
  const raised: Attention = { step: WORKFLOW_STEP, reason: found, since: now, waitingOn: 'operator' };
  await recordAttention(tx, orderId, raised, [eventOf('attention_raised', raised, now)]);
  return found;
}

function eventOf(type: 'attention_raised' | 'attention_cleared', attention: Attention, now: string): NewEvent {
  return { key: `${type}:${WORKFLOW_STEP}:${now}`, type, actor: 'service', body: { ...attention } };
}

async function marked(em: EntityManager): Promise<OrderId[]> {
  const rows = await kyselyOf(em)
    .selectFrom('Order')
    .select('id')
    .where('attention', 'is not', null)
    .where(sql<boolean>`attention->>'step' = ${WORKFLOW_STEP} and attention->>'reason' like 'Workflow%'`)
    .execute();
  return rows.map(({ id }) => id);
}
