import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import { isEnded } from '../../domain/order.ts';
import {
  type StartAgain,
  abortFromRow,
  acknowledgeOrder,
  notifyOfEnd,
  nothingToResume,
  readOrder,
  resumeOrder,
} from '../../office/orders/index.ts';
import { remedyFor, type OrderHealth } from '../../platform/order-health/health.ts';
import type { Outcome } from '../../office/outcome.ts';
import { intervene, ORDER_WORKFLOW, type InterveneMessage } from '../../workflows/messages/definitions.ts';
import { resumeOptions } from '../../workflows/messages/start-options.ts';
import { needBooks, needTemporal, type Connections } from './connections.ts';
import { isClosed, isTaskFailing, isUnanswered, knownOrderId, NO_SUCH_ORDER } from './text.ts';

/** Who decides, and why: both are on record. */
export interface Acting {
  readonly actor: string;
  readonly because: string;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** Takes a decision about one order and says what came of it. Throws when it is refused, with the order's words. */
export async function decide(
  connections: Connections,
  id: string,
  action: InterveneMessage['action'],
  acting: Acting,
): Promise<string> {
  const orderId = knownOrderId(id);
  const stage = await sendIntervention(connections, orderId, { action, reason: acting.because, actor: acting.actor });
  if (stage !== 'closed') return `${id}: ${action} taken, now ${stage}`;
  await needOrder(connections, orderId);
  if (action !== 'abort')
    throw new Error(`${id}: no workflow works on the order: \`ops resume\` it, or \`ops abort\` it`);
  return abort(connections, orderId, acting);
}

/**
 * Has an order go on. Where its workflow was terminated or is lost, it is started again from the record; where record and workflow stand apart, as
 * after a restore of one of the two to an older moment, they are brought together.
 */
export async function resume(connections: Connections, id: string, acting: Acting): Promise<string> {
  const orderId = knownOrderId(id);
  const { actor, because: reason } = acting;
  if (await mayStandApart(connections, orderId)) return bringTogether(connections, orderId, acting);
  const start = startAgain(connections, `ops resume by ${actor}`);
  const stage = valueOf(id, await resumeOrder(needBooks(connections), orderId, { actor, reason }, start));
  return `${id}: resumed, goes on from ${stage}`;
}

/** The workflow runs; or has come to its own end, which an open order does not know; or knows of an order that is not on record. */
async function mayStandApart(connections: Connections, orderId: OrderId): Promise<boolean> {
  const status = await needTemporal(connections).health.status(orderId);
  if (status === 'running') return true;
  const record = await readOrder(needBooks(connections).em.fork(), orderId);
  return record ? status === 'WorkflowCompleted' && !isEnded(record.view.stage) : status !== 'WorkflowMissing';
}

async function bringTogether(connections: Connections, orderId: OrderId, acting: Acting): Promise<string> {
  const { printRestored, restoreOne } = await import('./restore.ts');
  const restored = await restoreOne(connections, orderId, acting);
  const { rebuilt = [], workflow = 'kept', stage, forPerson } = restored ?? {};
  if (restored && (rebuilt.length > 0 || workflow !== 'kept') && forPerson === undefined)
    return printRestored(restored);
  if (restored && forPerson !== undefined) throw new Error(printRestored(restored));
  if (stage && isEnded(stage))
    throw new Error(`${orderId}: The order has ended (${stage}): there is nothing to resume.`);
  const record = await readOrder(needBooks(connections).em.fork(), orderId);
  throw new Error(`${orderId}: ${nothingToResume(record?.view.attention != null)} ${SEE}`);
}

function startAgain(connections: Connections, requestId: string): StartAgain {
  const { client } = needTemporal(connections);
  return async (input) => {
    try {
      await client.workflow.start(ORDER_WORKFLOW, resumeOptions(input, requestId));
      return 'started';
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return 'running';
      throw error;
    }
  };
}

/** Takes note of what was reported of an order after its end. */
export async function acknowledge(connections: Connections, id: string, { actor, because }: Acting): Promise<string> {
  const stage = valueOf(
    id,
    await acknowledgeOrder(needBooks(connections), knownOrderId(id), { actor, reason: because }),
  );
  return `${id}: acknowledged, stays ${stage}`;
}

/** Sends the update `intervene` to the order's workflow; `closed` when none is running. */
export async function sendIntervention(
  connections: Connections,
  orderId: OrderId,
  message: InterveneMessage,
): Promise<string> {
  const { client, health } = needTemporal(connections);
  await requireWorker(health, orderId);
  try {
    const answer = await client.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowIdOf(orderId)).executeUpdate(intervene, { args: [message] }),
    );
    if (!answer.ok) throw new Error(answer.detail);
    return answer.stage;
  } catch (error) {
    if (isClosed(error)) return 'closed';
    if (isTaskFailing(error)) throw new Error(await failingWords(health, orderId), { cause: error });
    if (!isUnanswered(error)) throw error;
    throw new Error(`${orderId}: the order has not answered; ${await whyUnanswered(health, orderId)}`, {
      cause: error,
    });
  }
}

/** Throws at once when no worker would take the update; an order without a running workflow needs none. */
async function requireWorker(health: OrderHealth, orderId: OrderId): Promise<void> {
  const { ok, detail } = await health.taskQueue();
  if (ok || (await health.status(orderId)) !== 'running') return;
  throw new Error(`${orderId}: nothing was done, because no worker would take it: ${detail}`);
}

async function whyUnanswered(health: OrderHealth, orderId: OrderId): Promise<string> {
  const cause = await health.whyStuck(orderId);
  if (cause !== undefined) return cause;
  const own = await health.attention(orderId);
  if (!own) return 'nothing says why: look again with `ops show`';
  const { meaning, whatToDo } = ATTENTION_REASONS[reasonKind(own.reason)];
  return `it waits at its step ${own.step} (${own.reason}): ${meaning}; ${whatToDo}`;
}

async function failingWords(health: OrderHealth, orderId: OrderId): Promise<string> {
  const failure = await health.taskFailure(orderId).catch(() => undefined);
  const why = failure ? `: ${failure.message}` : '';
  const remedy = remedyFor(failure ?? { message: '' });
  return `${orderId}: nothing was done, because its workflow fails${why}; ${remedy}; or \`temporal workflow terminate\` it and repeat this`;
}

async function abort(connections: Connections, orderId: OrderId, { actor, because }: Acting): Promise<string> {
  const { health } = needTemporal(connections);
  if (!(await readOrder(needBooks(connections).em.fork(), orderId)) && (await health.work(orderId)))
    throw new Error(`${orderId}: ${LOST}`);
  const workflowState = () => health.status(orderId);
  const outcome = await abortFromRow(needBooks(connections), orderId, { actor, reason: because }, workflowState);
  const stage = valueOf(orderId, outcome);
  await notifyOfEnd(needBooks(connections), orderId, startAgain(connections, `ops abort by ${actor}`));
  return `${orderId}: abort taken from its row, now ${stage}`;
}

const LOST =
  'the order is not on record, and Temporal knows its workflow, as after a restore of the database to an older moment: ' +
  '`ops resume` puts it on record from its history; then repeat this';

function valueOf<Value>(id: string, outcome: Outcome<Value, string>): Value {
  if (outcome.ok) return outcome.value;
  if (outcome.code === 'order-not-found') throw new Error(`${id}: ${NO_SUCH_ORDER}`);
  throw new Error(`${id}: ${outcome.detail}${outcome.code === 'nothing-to-do' ? ` ${SEE}` : ''}`);
}

const SEE = '`ops show` says where it stands.';

/** Throws when neither the books nor Temporal know the order. What cannot be asked says nothing. */
export async function needOrder({ books, temporal }: Connections, id: string): Promise<void> {
  const orderId = knownOrderId(id);
  if (!books || (await readOrder(books.em.fork(), orderId)) || (await temporal?.health.work(orderId))) return;
  throw new Error(`${id}: ${NO_SUCH_ORDER}`);
}
