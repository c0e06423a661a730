import { isGrpcDeadlineError } from '@temporalio/client';
import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import { REPORT_AFTER_END } from '../../domain/delivery.ts';
import { readOrder, readReports } from '../../office/orders/index.ts';
import type { Orm } from '../../platform/orm.ts';
import { isEnded } from '../../domain/order.ts';
import { state } from '../../workflows/messages/definitions.ts';
import { silenceOf } from '../../platform/order-health/health.ts';
import type { Connections } from './connections.ts';
import { isClosed, knownOrderId } from './text.ts';

const ASK_TIMEOUT_MS = 8_000;

/** Where an order stands: what its row says, what its workflow says, and its card. What cannot be asked says why. */
export async function showOrder(connections: Connections, id: string): Promise<string> {
  const orderId = knownOrderId(id);
  const [row, workflow] = await Promise.all([ofRow(connections, orderId), ofWorkflow(connections, orderId)]);
  if (!row.length && !workflow.length) throw new Error(`${id}: there is no such order`);
  return [...row, ...workflow, ...connections.notes].join('\n');
}

async function ofRow({ books, temporal }: Connections, orderId: OrderId): Promise<string[]> {
  const record = books && (await readOrder(books.em.fork(), orderId));
  if (!record) return [];
  const { stage, attention, updatedAt } = record.view;
  const workflow = isEnded(stage) ? 'running' : await temporal?.health.status(orderId);
  const gone = workflow !== undefined && workflow !== 'running' ? workflow : undefined;
  const reason = gone ?? attention?.reason;
  const about = reason === REPORT_AFTER_END.reason ? await reportOf(books, orderId) : [];
  return [
    `${orderId}: ${stage} on record, last changed ${updatedAt}`,
    ...(reason === undefined
      ? []
      : [`needs a person: ${reason}`, `what to do: ${ATTENTION_REASONS[reasonKind(reason)].whatToDo}`]),
    ...about,
  ];
}

/** The report that the attention is about; where nothing says which, the last one. */
async function reportOf(books: Orm, orderId: OrderId): Promise<string[]> {
  const em = books.em.fork();
  const [raised] = await em.execute<{ eventId: string | null }[]>(
    `select body->>'eventId' as "eventId" from order_events where order_id = ? and type = 'attention_raised' order by id desc limit 1`,
    [orderId],
  );
  const report = (await readReports(em, orderId, raised?.eventId ?? undefined)).at(-1);
  if (!report) return [];
  const { kind, occurredAt, eventId, note } = report;
  return [`reported: ${kind} at ${occurredAt}, event ${eventId}${note === undefined ? '' : `: ${note}`}`];
}

async function ofWorkflow({ temporal }: Connections, orderId: OrderId): Promise<string[]> {
  if (!temporal) return [];
  const { client, health } = temporal;
  const handle = client.workflow.getHandle(workflowIdOf(orderId));
  try {
    const { status, startTime } = await handle.describe();
    const head = `${orderId}: workflow ${status.name}, since ${startTime.toISOString()}`;
    // A card that nobody keeps up to date names commands that cannot work.
    if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return [head];
    const failure = await health.taskFailure(orderId);
    if (failure) return [head, `its workflow fails since ${failure.since.toISOString()}: ${failure.message}`];
    const queue = await health.taskQueue();
    if (!queue.ok) return [head, queue.detail];
    const silent = await health.taskTimeout(orderId);
    if (silent) return [head, silenceOf(silent)];
    const [now, metadata] = await client.withDeadline(Date.now() + ASK_TIMEOUT_MS, () =>
      Promise.all([handle.query(state), handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')]),
    );
    const waiting = `waiting on: ${now.waitingOn ?? now.attention?.waitingOn ?? 'nobody'}`;
    return [`${head}, ${now.stage}`, waiting, '', metadata.currentDetails ?? '(no card)'];
  } catch (error) {
    if (isClosed(error)) return [];
    if (isGrpcDeadlineError(error)) return [`${orderId}: no worker answers for its card`];
    throw error;
  }
}
