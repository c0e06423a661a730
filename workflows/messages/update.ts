import { ApplicationFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import type { RunningOrder } from '../runtime/running-order.ts';
import type { Answer } from './definitions.ts';
import type { Parsed, Parser } from './schemas.ts';

/* What all updates have in common: refused by their validators before they leave a trace, answered when they have taken effect. */

/** Who spoke when the message does not say: somebody at the Temporal UI or the plain `temporal` CLI. */
export const SOMEBODY = 'temporal';

export interface UpdateHandling<Message> {
  readonly parse: Parser<Message>;
  /** Throws for what comes too early, too late or makes no sense. */
  readonly allow: (message: Message) => void;
  readonly handle: (message: Message) => Promise<Answer>;
}

/** Handles one kind of message. What is malformed or not allowed is refused before it leaves a trace in the history. */
export function setUpdateHandler<Sent, Message>(
  definition: UpdateDefinition<Answer, [Sent]>,
  { parse, allow, handle }: UpdateHandling<Message>,
): void {
  setHandler<Answer, [Sent], typeof definition>(definition, (sent) => handle(messageIn(parse(sent))), {
    validator: (sent) => allow(messageIn(parse(sent))),
  });
}

/** Refuses a message that is not what its name promises. */
export function messageIn<Message>(parsed: Parsed<Message>): Message {
  if (parsed.wrong !== undefined) throw refusal(parsed.wrong);
  return parsed.message;
}

/** The API answers 409 `illegal-transition`. */
function refusal(detail: string, ...details: readonly unknown[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(detail, 'illegal-transition', ...details);
}

export function refuseUnless(allowed: boolean, detail: string): void {
  if (!allowed) throw refusal(detail);
}

/** The same for what only fits some stages. The refusal says at which stage the workflow is: the order's record may be ahead of it. */
export function refuseUnlessNow({ stage }: RunningOrder, allowed: boolean, what: string): void {
  if (!allowed) throw refusal(`an order in ${stage} cannot be ${what}`, stage);
}

/** A resumed order does not know where it stands before it has read its record: what comes until then is to be said again. */
export function refuseUnlessRead(order: RunningOrder): void {
  const isRead = !order.input.resumed || order.decision !== undefined;
  refuseUnlessNow(order, isRead, 'told anything before it has read its record');
}

/** Answers when the order has come as far as the message makes it, or refuses the message, or has ended otherwise. */
export async function onceTrue(
  order: RunningOrder,
  reached: () => boolean,
  no: () => Answer | undefined = () => undefined,
): Promise<Answer> {
  await untilTrue(order, () => reached() || no() !== undefined);
  if (reached()) return { ok: true, stage: order.stage };
  const refused = no();
  if (refused) return refused;
  const detail = `The order ended as ${order.stage} before this could take effect.`;
  return { ok: false, problem: 'illegal-transition', detail };
}

/** An answer that is owed is given, also when the workflow itself is being cancelled. */
export function untilTrue(order: RunningOrder, reached: () => boolean): Promise<void> {
  return CancellationScope.nonCancellable(() => condition(() => reached() || order.closed));
}
