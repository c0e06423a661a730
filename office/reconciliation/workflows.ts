import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId } from '../../domain/ids.ts';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import { ENDED_STAGES, OPEN_STAGES, type Stage } from '../../domain/order.ts';
import { AFTER_THE_END } from '../../domain/transmissions.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import type { TroubledWorkflow } from '../../platform/workflow-facts.ts';
import type { WorkflowState } from '../attention/index.ts';
import { endedOtherwise } from './closed-workflows.ts';
import type { OpenWorkflow, WorkflowComparison, WorkflowFacts } from './facts.ts';
import { stagesApart } from './stages-apart.ts';

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
    ...(await stagesApart(em, comparison.facts, [...open.values()], quietSince)),
    ...(await endedOtherwise(em, comparison, quietSince)),
  ];
}

async function ordersWithoutWorkflow(
  em: EntityManager,
  facts: WorkflowFacts,
  open: ReadonlySet<string>,
  quietSince: Date,
): Promise<Drift[]> {
  const drifts: Drift[] = [];
  for (const order of await openOrders(em, quietSince).execute()) {
    if (open.has(order.id) || (await facts.isOpen(order.id))) continue;
    const again = await openOrders(em, quietSince).where('id', '=', order.id).executeTakeFirst();
    if (again) drifts.push(abandoned(again, quietSince));
  }
  return drifts;
}

function abandoned({ id, stage, checkStatus, checkExpiresAt }: OpenOrder, quietSince: Date): Drift {
  const open = checkStatus === 'issued' || checkStatus === 'presented';
  const expired = open && checkExpiresAt !== null && checkExpiresAt < quietSince;
  const detail = `the order is ${stage}, and no open workflow works on it`;
  return driftOf(expired ? 'expired-check-open' : 'workflow-missing', { orderId: id, detail });
}

type OpenOrder = Pick<Row<'OrderWithCheck'>, 'id' | 'stage' | 'checkStatus' | 'checkExpiresAt'>;

function openOrders(em: EntityManager, quietSince: Date) {
  return kyselyOf(em)
    .selectFrom('OrderWithCheck')
    .select(['id', 'stage', 'checkStatus', 'checkExpiresAt'])
    .where('stage', 'in', OPEN_STAGES)
    .where('updatedAt', '<', quietSince)
    .orderBy('id');
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

/**
 * Which of these orders have ended some time ago, or are not on record (`stage` null). Not those whose workflow waits until a party's
 * own server has signed for the end. Raw, for it is an outer join with ids that come from Temporal.
 */
function endedOrMissing(
  em: EntityManager,
  orderIds: readonly string[],
  quietSince: Date,
): Promise<{ id: string; stage: Stage | null }[]> {
  return em.execute(
    `select given.id, o.stage from unnest(?::text[]) as given (id) left join orders o on o.id = given.id
     where o.id is null or (o.stage = any(?::text[]) and o.updated_at < ?
       and coalesce(o.attention->>'step' <> all (?::text[]), true)) order by given.id`,
    [`{${orderIds.join(',')}}`, `{${ENDED_STAGES.join(',')}}`, quietSince, `{${AFTER_THE_END.join(',')}}`],
  );
}

/** Kinds of what was found that say that no workflow works on an open order. */
export function isUnattended(kind: Drift['kind']): boolean {
  return kind === 'workflow-missing' || kind === 'expired-check-open';
}

/** What Temporal reports as a problem of an order's workflow; injected, as are the facts. */
export interface WorkflowTroubles {
  readonly status: WorkflowState;
  troubles(): Promise<readonly TroubledWorkflow[]>;
}

/** Names the cause of what was found, and adds the workflows that cannot go on. */
export function withTroubles(
  drift: readonly Drift[],
  gone: ReadonlyMap<string, string>,
  troubles: readonly TroubledWorkflow[],
): Drift[] {
  const named = drift.map((found) => {
    const { kind, orderId } = found;
    const cause = isUnattended(kind) && orderId ? gone.get(orderId) : undefined;
    if (cause === undefined) return found;
    const detail = `${found.detail} (${cause})`;
    // It came to its own end, so it knows more than the record.
    return cause === 'WorkflowCompleted' ? driftOf('record-behind', { orderId, detail }) : { ...found, detail };
  });
  return [...named, ...troubles.map(({ orderId, kind, message }) => driftOf(kind, { orderId, detail: message }))];
}
