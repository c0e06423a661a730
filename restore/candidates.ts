import type { Client } from '@temporalio/client';
import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId, type OrderId } from '../domain/ids.ts';
import { endsAgree, isEnded, OPEN_STAGES, type Stage } from '../domain/order.ts';
import { ordersWithUnsignedEnd } from '../office/orders/index.ts';
import { workflowRegister } from '../platform/workflow-facts.ts';
import { ORDER_WORKFLOW } from '../workflows/messages/definitions.ts';

/** So many orders are read by one statement. */
const PAGE = 1_000;
const CLOCKS_MS = 600_000;
const MOST_UNTOLD = 100_000;

/**
 * The orders whose record and workflow may stand apart: those that only one of the two has, those that say different stages, and those in stages in
 * which more than the stage can differ, or whose end a party's own server has not signed for. Of workflows that have ended, those that did so
 * since ten minutes before `from`: the clock of who says it, of Temporal and of the database may differ.
 */
export async function candidates(client: Client, em: EntityManager, from: Date): Promise<OrderId[]> {
  const register = workflowRegister(client, ORDER_WORKFLOW);
  const said = new Map<OrderId, { readonly stage?: string; readonly runs: boolean }>();
  for await (const { orderId, stage } of register.listClosed(new Date(from.getTime() - CLOCKS_MS)))
    keep(orderId, { stage, runs: false });
  for await (const { orderId, stage } of register.listOpen()) keep(orderId, { stage, runs: true });
  const found: OrderId[] = [];
  const ids = [...said.keys()];
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE);
    const stages = await stagesOf(em, page);
    found.push(...page.filter((id) => mayBeApart(said.get(id), stages.get(id))));
  }
  const alone = (await openOrders(em)).filter((id) => !said.has(id));
  const untold = (await ordersWithUnsignedEnd(em, MOST_UNTOLD)).map(({ id }) => id).filter((id) => !said.get(id)?.runs);
  return [...new Set([...found, ...alone, ...untold])];

  function keep(id: string, workflow: { readonly stage?: string; readonly runs: boolean }): void {
    const orderId = parseOrderId(id);
    if (orderId) said.set(orderId, workflow);
  }
}

/**
 * Until its check is presented the stage says all that an order has come to. From then on it may be more: a seller's own server has had the check
 * validated, and has signed that it answers later.
 */
const SAYS_ALL: readonly Stage[] = ['requested', 'check_issued'];

function mayBeApart(
  workflow: { readonly stage?: string; readonly runs: boolean } | undefined,
  stage: Stage | undefined,
): boolean {
  if (!workflow || stage === undefined) return true;
  if (isEnded(stage)) return workflow.runs || !endsAgree(workflow.stage as Stage, stage);
  return workflow.stage !== stage || !SAYS_ALL.includes(stage);
}

async function stagesOf(em: EntityManager, ids: readonly OrderId[]): Promise<ReadonlyMap<OrderId, Stage>> {
  const rows = await em.execute<{ id: OrderId; stage: Stage }[]>(
    'select id, stage from orders where id = any(?::text[])',
    [`{${ids.join(',')}}`],
  );
  return new Map(rows.map(({ id, stage }) => [id, stage]));
}

async function openOrders(em: EntityManager): Promise<OrderId[]> {
  const rows = await em.execute<{ id: OrderId }[]>(
    'select id from orders where stage = any(?::text[]) order by created_at',
    [`{${OPEN_STAGES.join(',')}}`],
  );
  return rows.map(({ id }) => id);
}
