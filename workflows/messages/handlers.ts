import { ApplicationFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { SituationReport } from '../../domain/delivery.ts';
import { timeouts } from '../../temporal.config.ts';
import { addReport, attentionOf, type RunningOrder } from '../runtime/running-order.ts';
import { note } from '../runtime/notes.ts';
import { readRecord } from '../steps/recall.ts';
import * as messages from './definitions.ts';
import { KEY_REUSED, type Decision, type OrderState } from './definitions.ts';
import * as schemas from './schemas.ts';
import { messageIn, setControlUpdates, setPartyUpdates } from './updates.ts';

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
