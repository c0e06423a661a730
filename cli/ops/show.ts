import { isGrpcDeadlineError, type Client } from '@temporalio/client';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import type { SituationReport } from '../../domain/delivery.ts';
import { diagnose, type Diagnosis } from '../../office/attention/index.ts';
import { silenceOf, type PendingStep } from '../../platform/order-health/health.ts';
import { state } from '../../workflows/messages/definitions.ts';
import type { Connections } from './connections.ts';
import { isClosed, isWithoutPoller, knownOrderId, NO_SUCH_ORDER } from './text.ts';

const ASK_TIMEOUT_MS = 8_000;

/** Where an order stands: what its row says, what its workflow says, and its card. What cannot be asked says why. */
export async function showOrder(connections: Connections, id: string): Promise<string> {
  const orderId = knownOrderId(id);
  const { books, temporal, notes } = connections;
  const found = await diagnose({ books: books?.em.fork(), health: temporal?.health }, orderId);
  if (!found) throw new Error(`${id}: ${NO_SUCH_ORDER}`);
  return [
    ...onRecord(found, books !== undefined),
    ...trouble(found),
    ...(await ofWorkflow(connections, found)),
    ...notes,
  ].join('\n');
}

function onRecord({ orderId, record }: Diagnosis, isAsked: boolean): string[] {
  if (!record && isAsked)
    return [`${orderId}: not on record, so nothing is held or paid for it: ops resume ${orderId}`];
  return record ? [`${orderId}: ${record.view.stage} on record, last changed ${record.view.updatedAt}`] : [];
}

function trouble({ attention, whatToDo, trying, report }: Diagnosis): string[] {
  if (!attention) return [];
  return [
    `needs a person: ${attention.reason}`,
    `what to do: ${whatToDo}`,
    ...(trying ? [triedAs(trying)] : []),
    ...(report ? [reportedAs(report)] : []),
  ];
}

function triedAs({ step, attempt, lastFailure, nextAttemptAt }: PendingStep): string {
  const failure = lastFailure === undefined ? '' : `, failed last with: ${lastFailure}`;
  const next = nextAttemptAt ? `, next at ${nextAttemptAt.toISOString()}` : ', now';
  return `tried: ${step}, attempt ${attempt}${next}${failure}`;
}

function reportedAs({ kind, occurredAt, eventId, note }: SituationReport): string {
  return `reported: ${kind} at ${occurredAt}, event ${eventId}${note === undefined ? '' : `: ${note}`}`;
}

async function ofWorkflow({ temporal }: Connections, { orderId, work }: Diagnosis): Promise<string[]> {
  if (!temporal || !work) return [];
  const { client, health } = temporal;
  const head = `${orderId}: workflow ${work.status}, since ${work.startedAt.toISOString()}`;
  // A card that nobody keeps up to date names commands that cannot work.
  if (work.state !== 'running') return [head];
  const failure = await health.taskFailure(orderId);
  if (failure) return [head, `its workflow fails since ${failure.since.toISOString()}: ${failure.message}`];
  const queue = await health.taskQueue();
  if (!queue.ok) return [head, queue.detail];
  const silent = await health.taskTimeout(orderId);
  if (silent) return [head, silenceOf(silent)];
  return cardOf(client, orderId, head);
}

async function cardOf(client: Client, orderId: OrderId, head: string): Promise<string[]> {
  const handle = client.workflow.getHandle(workflowIdOf(orderId));
  try {
    const [now, metadata] = await client.withDeadline(Date.now() + ASK_TIMEOUT_MS, () =>
      Promise.all([handle.query(state), handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')]),
    );
    const waiting = `waiting on: ${now.waitingOn ?? now.attention?.waitingOn ?? 'nobody'}`;
    return [`${head}, ${now.stage}`, waiting, '', metadata.currentDetails ?? '(no card)'];
  } catch (error) {
    if (isClosed(error)) return [head];
    if (isGrpcDeadlineError(error) || isWithoutPoller(error)) return [`${orderId}: no worker answers for its card`];
    throw error;
  }
}
