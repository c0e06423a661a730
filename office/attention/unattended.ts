import type { EntityManager } from '@mikro-orm/postgresql';
import { WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';
import { isEnded, type Stage } from '../../domain/order.ts';
import type { Finding, OrderHealth, TemporalFindings } from '../../platform/order-health/health.ts';
import { ordersWithUnsignedEnd } from '../orders/index.ts';
import { openRows, quietOpenRows, type OpenRow } from './rows.ts';

/** What Temporal says of the workflow of an order. */
export type OrderFinding = Finding & { readonly id: OrderId };

/** Whether a finding is about an order: somebody may have started a workflow under another id. */
export function isOrderFinding(finding: Finding): finding is OrderFinding {
  return parseOrderId(finding.id) !== undefined;
}

/** An order that has not ended, or of whose end a party's own server is still to be notified, and that no workflow works on. */
export interface UnattendedOrder {
  readonly finding: OrderFinding;
  /** What its row says, where it can be read. */
  readonly row?: { readonly stage: Stage; readonly sellerId: string };
}

/** Of which orders it is worth asking: those that Temporal says ended, and those whose rows are marked. */
export interface Suspects {
  readonly findings: TemporalFindings;
  readonly marked: readonly OrderId[];
}

/** An order that changed later than this may still be on its way to its end. */
const QUIET_MS = 60_000;
const ASKED_AT_ONCE = 20;
/** How many are asked about one by one in one look. */
const MOST_ASKED = 500;
const MOST_UNSIGNED = 10_000;

/**
 * Orders that the books say are open, or whose end the parties' own servers have not all signed for, and whose workflow has ended or is
 * not there. Each is asked about, for visibility lags.
 */
export async function unattendedByBooks(
  books: EntityManager,
  health: OrderHealth,
  { findings: { endedBadly }, marked }: Suspects,
): Promise<UnattendedOrder[]> {
  const closedAt = new Map(endedBadly.filter(isOrderFinding).map(({ id, since }) => [id, since]));
  const ended = await openRows(books, [...closedAt.keys(), ...marked]);
  const rows = new Map([...ended, ...(await quietWithoutWorkflow(books, health))].map((row) => [row.id, row]));
  const gone = await withoutWorkflow(health, [...rows.values()], (row, reason) => ({
    finding: { id: row.id, step: WORKFLOW_STEP, reason, since: closedAt.get(row.id) ?? row.updatedAt },
    row: { stage: row.stage, sellerId: row.sellerId },
  }));
  // One that came to its own end has notified whom it could, for as long as it waits for anybody.
  return gone.filter(({ finding, row }) => !(row && isEnded(row.stage) && finding.reason === 'WorkflowCompleted'));
}

/**
 * The same from Temporal alone: not those whose latest workflow runs or ended well. Those whose order was ended by an operator
 * since are among them: only the books know.
 */
export async function unattendedByTemporal(
  health: OrderHealth,
  { endedBadly }: TemporalFindings,
): Promise<UnattendedOrder[]> {
  // A workflow that was resumed and ended badly again is listed with each of its runs.
  const orders = new Map(endedBadly.filter(isOrderFinding).map((finding) => [finding.id, finding]));
  const gone = await withoutWorkflow(health, [...orders.values()], (finding, reason) => ({
    finding: { ...finding, reason },
  }));
  return gone.filter(({ finding }) => finding.reason !== 'WorkflowCompleted');
}

/** Open rows that have been still for a while, and ended ones whose notices are owed, that are not among the running workflows. */
async function quietWithoutWorkflow(books: EntityManager, health: OrderHealth): Promise<OpenRow[]> {
  const [rows, unsigned, running] = await Promise.all([
    quietOpenRows(books, new Date(Date.now() - QUIET_MS)),
    ordersWithUnsignedEnd(books, MOST_UNSIGNED),
    health.running(),
  ]);
  // With too many of them the regular comparison of the books is left to find and mark them.
  return running ? [...unsigned, ...(rows ?? [])].filter(({ id }) => !running.has(id)) : [];
}

async function withoutWorkflow<Order extends { readonly id: string }>(
  health: OrderHealth,
  orders: readonly Order[],
  judge: (order: Order, reason: string) => UnattendedOrder,
): Promise<UnattendedOrder[]> {
  const gone: UnattendedOrder[] = [];
  const asked = orders.slice(0, MOST_ASKED);
  for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
    const batch = asked.slice(at, at + ASKED_AT_ONCE);
    const statuses = await Promise.all(batch.map(({ id }) => health.status(id)));
    batch.forEach((order, index) => {
      const status = statuses[index] ?? 'running';
      if (status !== 'running') gone.push(judge(order, status));
    });
  }
  return gone;
}
