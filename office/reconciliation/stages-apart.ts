import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId } from '../../domain/ids.ts';
import { isEnded, isFurther, type Stage } from '../../domain/order.ts';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import type { OpenWorkflow, WorkflowFacts } from './facts.ts';
import { PAGE, stageIn, stagesOf } from './stage-rows.ts';

/** Open orders whose record and workflow stand at different stages, and will not come together by themselves. */
export async function stagesApart(
  em: EntityManager,
  facts: WorkflowFacts,
  open: readonly OpenWorkflow[],
  quietSince: Date,
): Promise<Drift[]> {
  const drifts: Drift[] = [];
  const said = new Map(open.map(({ orderId, stage }) => [orderId, stageIn(stage)]));
  const ids = [...said.keys()].filter((id) => parseOrderId(id));
  for (let at = 0; at < ids.length; at += PAGE) {
    const rows = await stagesOf(em, ids.slice(at, at + PAGE), quietSince);
    for (const { id, stage } of rows) {
      const now = said.get(id);
      if (isEnded(stage) || now === undefined || now === stage) continue;
      const drift = await apart(em, facts, { id, stage }, quietSince);
      if (drift) drifts.push(drift);
    }
  }
  return drifts;
}

/**
 * A step is on record before its workflow says where it stands. So the record is behind when it is read after the workflow and knows less; the
 * workflow, when it is asked after the record was read, rests, and says less.
 */
async function apart(
  em: EntityManager,
  facts: WorkflowFacts,
  { id, stage: before }: { readonly id: string; readonly stage: Stage },
  quietSince: Date,
): Promise<Drift | undefined> {
  const standing = await facts.standing(id);
  const said = stageIn(standing?.stage);
  const [after] = await stagesOf(em, [id], quietSince);
  if (!standing?.runs || said === undefined || !after) return undefined;
  const detail = `the order is ${after.stage} on record, and its workflow says ${said}`;
  if (isFurther(said, after.stage)) return driftOf('record-behind', { orderId: id, detail });
  if (standing.atRest && isFurther(before, said)) return driftOf('workflow-behind', { orderId: id, detail });
  return undefined;
}
