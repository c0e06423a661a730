import { ApplicationFailure, CancellationScope, condition, patched, setHandler } from '@temporalio/workflow';
import type { SituationReport } from '../../domain/delivery.ts';
import type { Ending } from '../../domain/order.ts';
import { timeouts } from '../../temporal.config.ts';
import { mayCancel } from '../runtime/may-cancel.ts';
import { note } from '../runtime/notes.ts';
import { addReport, attentionOf, type RunningOrder } from '../runtime/running-order.ts';
import { readRecord } from '../steps/recall.ts';
import { KEY_REUSED, type Answer, type Decision, type OrderState } from './definitions.ts';
import * as messages from './definitions.ts';
import { setPartyUpdates } from './party-updates.ts';
import type { MessageOf } from './schemas.ts';
import * as schemas from './schemas.ts';
import { messageIn, onceTrue, refuseUnless, refuseUnlessRead, setUpdateHandler, SOMEBODY } from './update.ts';

/**
 * Sets every handler, before the order's first wait. Handlers only put into the inbox what was said; the steps act on it. An
 * update that comes too early, too late or is malformed is refused by its validator and leaves no trace in the history.
 * Signals of names that nobody knows have no handler: the SDK keeps them, and fails the task over some of them where there
 * is one for all.
 */
export function setHandlers(order: RunningOrder): void {
  setHandler(messages.awaitDecision, () => decision(order), {
    validator: (message) => refuseOtherRequest(order, messageIn(schemas.parseAwaitDecision(message)).requestDigest),
  });
  setHandler(messages.registryChanged, () => {
    order.inbox.retries += 1;
  });
  setHandler(messages.moveOn, () => {
    // A build of before has passed the signal over, and a replay of its histories must, too. Asked here: answers of steps that come one by
    // one come all at once in a replay, so where the order waits the question might not be put again.
    order.inbox.moveOn = patched('moves-on');
  });
  setHandler(messages.versionChanged, () => undefined);
  setHandler(messages.state, () => stateOf(order));
  setHandler(messages.recordChanged, () => CancellationScope.nonCancellable(() => readRecord(order)));
  setPartyUpdates(order);
  setHandler(messages.deliveryConfirmed, (signal: unknown) =>
    receiveReport(order, 'deliveryConfirmed', schemas.parseDeliveryConfirmed(signal)),
  );
  setHandler(messages.distributionEvent, (signal: unknown) =>
    receiveReport(order, 'distributionEvent', schemas.parseDistributionEvent(signal)),
  );
  setControlUpdates(order);
}

/** The same Idempotency-Key with another body is refused before it leaves a trace: however often, it costs the order nothing. */
function refuseOtherRequest({ input }: RunningOrder, requestDigest: string): void {
  if (requestDigest === input.requestDigest) return;
  throw ApplicationFailure.nonRetryable('The Idempotency-Key came before with another body.', KEY_REUSED);
}

async function decision(order: RunningOrder): Promise<Decision> {
  await CancellationScope.nonCancellable(() => condition(() => order.decision !== undefined));
  return order.decision ?? { kind: 'recorded' };
}

function stateOf(order: RunningOrder): OrderState {
  const { input, stage, waitingOn, issued } = order;
  return {
    orderId: input.orderId,
    stage,
    attention: attentionOf(order),
    waitingOn,
    checkNumber: issued?.echeck.number ?? null,
  };
}

/** Signals cannot be refused: what nobody can read is passed over and noted, so that nothing from outside can hurt the order. */
function receiveReport(order: RunningOrder, signal: string, parsed: schemas.Parsed<SituationReport>): void {
  if (parsed.wrong !== undefined) return ignore(order, signal, parsed.wrong);
  if (!isPlausible(order, parsed.message))
    return ignore(order, signal, 'its time lies too far from the order, or ahead');
  addReport(order.inbox, parsed.message);
}

/** Roughly between the order and now: neither the year 1970 nor 9999 settles anybody's money. */
function isPlausible({ input }: RunningOrder, { occurredAt }: SituationReport): boolean {
  const time = Date.parse(occurredAt);
  return time >= Date.parse(input.requestedAt) - timeouts.reportEarlyMs && time <= Date.now() + timeouts.reportAheadMs;
}

/** So many ignored messages are noted one by one; a flood of them is then only counted. */
const MOST_NOTED = 10;

/** Notes in the timeline that a message was passed over, and why: to its sender the signal seemed to succeed. */
function ignore(order: RunningOrder, message: string, why: string): void {
  order.inbox.ignored += 1;
  if (order.inbox.ignored > MOST_NOTED) return;
  const last = order.inbox.ignored === MOST_NOTED ? { further: 'Further ones are not noted.' } : {};
  note(order, { type: 'message_ignored', actor: 'temporal', body: { message, why, ...last } });
}

/** Cancels and interventions: what changes the course of the order itself. */
function setControlUpdates(order: RunningOrder): void {
  setUpdateHandler(messages.cancel, {
    parse: schemas.parseCancel,
    allow: ({ role }) => {
      const who = role ?? SOMEBODY;
      // Whoever looks after the orders may at every stage.
      if (role !== undefined && role !== 'operator') refuseUnlessRead(order);
      refuseUnless(mayCancel(order, role), `an order in ${order.stage} cannot be cancelled by ${who} now`);
    },
    handle: ({ reason, actor }) => endOnDemand(order, reason, actor),
  });
  setUpdateHandler(messages.intervene, {
    parse: schemas.parseIntervene,
    allow: ({ action }) =>
      refuseUnless(mayIntervene(order, action), `there is nothing to ${action} on an order in ${order.stage} now`),
    handle: (message) => intervene(order, message),
  });
}

function mayIntervene(order: RunningOrder, action: Action): boolean {
  if (action === 'retry') return order.attention.size > 0;
  if (action === 'abort') return mayCancel(order, 'operator');
  return order.attention.has('judgeCredit');
}

type Action = messages.InterveneMessage['action'];

const EFFECT: Record<Action, string> = {
  retry: 'what was stuck is tried again',
  abort: 'the order ends, and everything done for it is undone',
  override_credit: 'the credit counts as good; the ledger still holds only what the account covers',
};

async function intervene(order: RunningOrder, message: MessageOf<typeof schemas.parseIntervene>): Promise<Answer> {
  const { action, reason, actor = SOMEBODY } = message;
  const on = attentionOf(order)?.step ?? order.stage;
  note(order, { type: 'intervention_made', actor, body: { action, reason, on, effect: EFFECT[action] } });
  if (action === 'abort') return endOnDemand(order, reason, actor);
  if (action === 'override_credit') order.inbox.creditOverride = { actor, reason };
  else order.inbox.retries += 1;
  return { ok: true, stage: order.stage };
}

/** Cancels whatever the order is at; the answer comes when everything is undone and the ending is on record. */
function endOnDemand(order: RunningOrder, reason: string, actor = SOMEBODY): Promise<Answer> {
  const ending: Ending = { stage: order.paid ? 'refunded' : 'cancelled', reason, actor };
  order.inbox.ending ??= ending;
  order.reversible?.cancel();
  return onceTrue(order, () => order.closed && order.stage !== 'completed');
}
