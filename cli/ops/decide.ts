import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import { abortFromRow, acknowledgeOrder, resumeOrder, type StartAgain } from '../../office/orders/interventions.ts';
import type { OrderHealth } from '../../platform/order-health/health.ts';
import type { Outcome } from '../../office/outcome.ts';
import { intervene, ORDER_WORKFLOW, type InterveneMessage } from '../../workflows/messages/definitions.ts';
import { resumeOptions } from '../../workflows/messages/start-options.ts';
import { needBooks, needTemporal, type Reach } from './reach.ts';
import { isClosed, isTaskFailing, isUnanswered, knownOrderId } from './words.ts';

/** Who decides, and why: both are on record. */
export interface Acting {
  readonly actor: string;
  readonly because: string;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** Takes a decision about one order and says what came of it. Throws when it is refused, with the order's words. */
export async function decide(
  reach: Reach,
  id: string,
  action: InterveneMessage['action'],
  acting: Acting,
): Promise<string> {
  const orderId = knownOrderId(id);
  const stage = await tell(reach, orderId, { action, reason: acting.because, actor: acting.actor });
  if (stage !== 'closed') return `${id}: ${action} taken, now ${stage}`;
  if (action !== 'abort')
    throw new Error(`${id}: no workflow works on the order: \`ops resume\` it, or \`ops abort\` it`);
  return abort(reach, orderId, acting);
}

/** Starts the workflow of an order again that was terminated or is lost. */
export async function resume(reach: Reach, id: string, { actor, because }: Acting): Promise<string> {
  const { client } = needTemporal(reach);
  const start: StartAgain = async (input) => {
    try {
      await client.workflow.start(ORDER_WORKFLOW, resumeOptions(input, `ops resume by ${actor}`));
      return 'started';
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return 'running';
      throw error;
    }
  };
  const orderId = knownOrderId(id);
  const stage = takenOf(id, await resumeOrder(needBooks(reach), orderId, { actor, reason: because }, start));
  return `${id}: resumed, goes on from ${stage}`;
}

/** Takes note of what was reported of an order after its end. */
export async function acknowledge(reach: Reach, id: string, { actor, because }: Acting): Promise<string> {
  const stage = takenOf(id, await acknowledgeOrder(needBooks(reach), knownOrderId(id), { actor, reason: because }));
  return `${id}: acknowledged, stays ${stage}`;
}

/** Tells the order's workflow; `closed` when there is none that hears. */
export async function tell(reach: Reach, orderId: OrderId, message: InterveneMessage): Promise<string> {
  const { client, health } = needTemporal(reach);
  await refuseUnheard(health, orderId);
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
    throw new Error(`${orderId}: the order has not answered; ${await whyLate(health, orderId)}`, { cause: error });
  }
}

/** Throws at once when nobody would hear it; an order without a workflow needs nobody to hear. */
async function refuseUnheard(health: OrderHealth, orderId: OrderId): Promise<void> {
  const { ok, detail } = await health.readership();
  if (ok || (await health.standing(orderId)) !== 'running') return;
  throw new Error(`${orderId}: nothing was done, for no worker would hear it: ${detail}`);
}

async function whyLate(health: OrderHealth, orderId: OrderId): Promise<string> {
  const cause = await health.whyStill(orderId);
  if (cause !== undefined) return cause;
  const own = await health.attention(orderId);
  if (!own) return 'nothing says why: look again with `ops show`';
  const { meaning, whatToDo } = ATTENTION_REASONS[reasonKind(own.reason)];
  return `it waits at its step ${own.step} (${own.reason}): ${meaning}; ${whatToDo}`;
}

async function failingWords(health: OrderHealth, orderId: OrderId): Promise<string> {
  const failure = await health.taskFailure(orderId).catch(() => undefined);
  const why = failure ? `: ${failure.message}` : '';
  return (
    `${orderId}: nothing was done, for its workflow fails${why}: deploy a build without the fault, ` +
    'or `temporal workflow terminate` it and repeat this'
  );
}

async function abort(reach: Reach, orderId: OrderId, { actor, because }: Acting): Promise<string> {
  const { health } = needTemporal(reach);
  const isRunning = async () => (await health.standing(orderId)) === 'running';
  const outcome = await abortFromRow(needBooks(reach), orderId, { actor, reason: because }, isRunning);
  return `${orderId}: abort taken from its row, now ${takenOf(orderId, outcome)}`;
}

function takenOf<Value>(id: string, outcome: Outcome<Value, string>): Value {
  if (!outcome.ok) throw new Error(`${id}: ${outcome.detail}`);
  return outcome.value;
}
