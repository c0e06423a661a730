import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId } from '../../domain/ids.ts';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import type { Stage } from '../../domain/stages.ts';
import type { TroubledWorkflow } from '../../platform/workflow-facts.ts';
import type { Standing } from '../attention/marks.ts';

/** An order's workflow that Temporal says is open. */
export interface OpenWorkflow {
  readonly orderId: string;
  readonly startedAt: Date;
}

/** What Temporal knows of the orders' workflows; injected, so that the books know nothing of Temporal. */
export interface WorkflowFacts {
  /** Every open order workflow, from visibility: it may lag behind by seconds. */
  listOpen(): AsyncIterable<OpenWorkflow>;
  /** Asks the workflow itself, which does not lag. */
  isOpen(orderId: string): Promise<boolean>;
}

export interface WorkflowComparison {
  readonly facts: WorkflowFacts;
  readonly now: Date;
  /** What changed later than this long ago is still on its way and not compared. */
  readonly quietForMs: number;
}

/**
 * Compares the orders on record with the workflows that work on them. Whatever looks wrong is read again from both sides
 * before it is reported, since an order may end between two readings.
 */
export async function workflowDrift(em: EntityManager, comparison: WorkflowComparison): Promise<Drift[]> {
  const open = new Map<string, OpenWorkflow>();
  for await (const workflow of comparison.facts.listOpen()) open.set(workflow.orderId, workflow);
  const quietSince = new Date(comparison.now.getTime() - comparison.quietForMs);
  return [
    ...(await ordersWithoutWorkflow(em, comparison.facts, new Set(open.keys()), quietSince)),
    ...(await workflowsWithoutOrder(em, comparison.facts, [...open.values()], quietSince)),
  ];
}

const ENDED: readonly Stage[] = ['completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'];
const ENDED_SQL = ENDED.map((stage) => `'${stage}'`).join(', ');

interface OrderRow {
  id: string;
  stage: Stage;
  check_expired: boolean;
}

async function ordersWithoutWorkflow(
  em: EntityManager,
  facts: WorkflowFacts,
  open: ReadonlySet<string>,
  quietSince: Date,
): Promise<Drift[]> {
  const drifts: Drift[] = [];
  for (const order of await unendedOrders(em, quietSince)) {
    if (open.has(order.id) || (await facts.isOpen(order.id))) continue;
    const [again] = await unendedOrders(em, quietSince, order.id);
    if (again) drifts.push(abandoned(again));
  }
  return drifts;
}

function abandoned({ id, stage, check_expired }: OrderRow): Drift {
  const detail = `the order is ${stage}, and no open workflow works on it`;
  return driftOf(check_expired ? 'expired-check-open' : 'workflow-missing', { orderId: id, detail });
}

function unendedOrders(em: EntityManager, quietSince: Date, orderId: string | null = null): Promise<OrderRow[]> {
  return em.execute<OrderRow[]>(
    `select o.id, o.stage, coalesce(c.status in ('issued', 'presented') and c.expires_at < ?, false) as check_expired
     from orders o left join echecks c on c.order_id = o.id
     where o.stage not in (${ENDED_SQL}) and o.updated_at < ? and o.id = coalesce(?::text, o.id) order by o.id`,
    [quietSince, quietSince, orderId],
  );
}

async function workflowsWithoutOrder(
  em: EntityManager,
  facts: WorkflowFacts,
  open: readonly OpenWorkflow[],
  quietSince: Date,
): Promise<Drift[]> {
  const ids = open.filter(({ orderId, startedAt }) => startedAt < quietSince && parseOrderId(orderId));
  const drifts: Drift[] = [];
  for (const { id, stage } of await endedOrMissing(
    em,
    ids.map(({ orderId }) => orderId),
    quietSince,
  )) {
    if (!(await facts.isOpen(id))) continue;
    const [again] = await endedOrMissing(em, [id], quietSince);
    if (again) drifts.push(leftOver(id, stage));
  }
  return drifts;
}

function leftOver(orderId: string, stage: Stage | null): Drift {
  if (stage === null) {
    return driftOf('workflow-without-order', {
      orderId,
      detail: 'the workflow is open, and the order is not on record',
    });
  }
  return driftOf('workflow-left-open', { orderId, detail: `the order is ${stage}, and its workflow is open` });
}

/** Which of these orders have ended some time ago, or are not on record (`stage` null). */
function endedOrMissing(
  em: EntityManager,
  orderIds: readonly string[],
  quietSince: Date,
): Promise<{ id: string; stage: Stage | null }[]> {
  return em.execute(
    `select given.id, o.stage from unnest(?::text[]) as given (id) left join orders o on o.id = given.id
     where o.id is null or (o.stage in (${ENDED_SQL}) and o.updated_at < ?) order by given.id`,
    [`{${orderIds.join(',')}}`, quietSince],
  );
}

/** What Temporal reports as a problem of an order's workflow; injected, as are the facts. */
export interface WorkflowTroubles {
  readonly standing: Standing;
  troubles(): Promise<readonly TroubledWorkflow[]>;
}

/** Names the cause of what was found, and adds the workflows that cannot go on. */
export function withTroubles(
  drift: readonly Drift[],
  gone: ReadonlyMap<string, string>,
  troubles: readonly TroubledWorkflow[],
): Drift[] {
  const named = drift.map((found) => {
    const cause = found.kind === 'workflow-missing' && found.orderId ? gone.get(found.orderId) : undefined;
    return cause ? { ...found, detail: `${found.detail} (${cause})` } : found;
  });
  return [...named, ...troubles.map(({ orderId, kind, message }) => driftOf(kind, { orderId, detail: message }))];
}
