import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId } from '../../domain/ids.ts';
import { endsAgree, isEnded, type Stage } from '../../domain/order.ts';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import type { WorkflowComparison, WorkflowFacts } from './facts.ts';
import { PAGE, stageIn, stagesOf } from './stage-rows.ts';

/** Orders whose workflow has ended, and which are not on record, or have ended otherwise there. */
export async function endedOtherwise(
  em: EntityManager,
  { facts, closedSince }: WorkflowComparison,
  quietSince: Date,
): Promise<Drift[]> {
  const drifts: Drift[] = [];
  let page = new Map<string, Stage | undefined>();
  const compare = async () => {
    drifts.push(...(await closedPage(em, facts, page, quietSince)));
    page = new Map();
  };
  for await (const { orderId, stage } of facts.listClosed(closedSince)) {
    if (!parseOrderId(orderId) || page.has(orderId)) continue;
    page.set(orderId, stageIn(stage));
    if (page.size === PAGE) await compare();
  }
  await compare();
  return drifts;
}

async function closedPage(
  em: EntityManager,
  facts: WorkflowFacts,
  closed: ReadonlyMap<string, Stage | undefined>,
  quietSince: Date,
): Promise<Drift[]> {
  const drifts: Drift[] = [];
  const known = new Map((await stagesOf(em, [...closed.keys()])).map((row) => [String(row.id), row]));
  for (const [orderId, said] of closed) {
    const row = known.get(orderId);
    // What runs again is compared as what is open; so is an order that is open on record.
    if (!row) {
      const isMissing = !(await facts.isOpen(orderId)) && (await stagesOf(em, [orderId])).length === 0;
      const detail = `its workflow has ended (${said ?? 'at a stage that it does not say'}), and the order is not on record`;
      if (isMissing) drifts.push(driftOf('order-lost', { orderId, detail }));
    } else if (
      said &&
      isEnded(said) &&
      isEnded(row.stage) &&
      row.updatedAt < quietSince &&
      !endsAgree(said, row.stage)
    ) {
      const detail = `the order is ${row.stage} on record, and its workflow ended as ${said}`;
      if (!(await facts.isOpen(orderId))) drifts.push(driftOf('endings-differ', { orderId, detail }));
    }
  }
  return drifts;
}
