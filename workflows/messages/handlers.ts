import { ApplicationFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { type SituationReport, isOnTheWay, situationOf } from '../../domain/delivery.ts';
import { timeouts } from '../../temporal.config.ts';
import {
  addReport,
  attentionOf,
  type Inbox,
  issuedOrder,
  type RunningOrder,
  settledOn,
} from '../runtime/running-order.ts';
import { note } from '../runtime/notes.ts';
import { readRecord } from '../steps/recall.ts';
import { KEY_REUSED, type Decision, type OrderState, type Answer } from './definitions.ts';
import type { UpdateDefinition } from '@temporalio/common';
import type { Ending } from '../../domain/order.ts';
import type { Role } from '../../domain/party.ts';
import { isDelivered, isDispatched } from '../steps/delivery.ts';
import type { MessageOf, Parsed, Parser } from './schemas.ts';

import * as messages from './definitions.ts';
import * as schemas from './schemas.ts';

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

/** Who spoke when the message does not say: somebody at the Temporal UI or the plain `temporal` CLI. */
const SOMEBODY = 'temporal';

interface UpdateHandling<Message> {
  readonly parse: Parser<Message>;
  /** Throws for what comes too early, too late or makes no sense. */
  readonly allow: (message: Message) => void;
  readonly handle: (message: Message) => Promise<Answer>;
}

/** Handles one kind of message. What is malformed or not allowed is refused before it leaves a trace in the history. */
function setUpdateHandler<Sent, Message>(
  definition: UpdateDefinition<Answer, [Sent]>,
  { parse, allow, handle }: UpdateHandling<Message>,
): void {
  setHandler<Answer, [Sent], typeof definition>(definition, (sent) => handle(messageIn(parse(sent))), {
    validator: (sent) => allow(messageIn(parse(sent))),
  });
}

/** Refuses a message that is not what its name promises. */
function messageIn<Message>(parsed: Parsed<Message>): Message {
  if (parsed.wrong !== undefined) throw refusal(parsed.wrong);
  return parsed.message;
}

/** The API answers 409 `illegal-transition`. */
function refusal(detail: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(detail, 'illegal-transition');
}

function refuseUnless(allowed: boolean, detail: string): void {
  if (!allowed) throw refusal(detail);
}

/** What buyers, sellers and distributors do by hand. */
function setPartyUpdates(order: RunningOrder): void {
  setBuyersUpdates(order);
  setSellersUpdates(order);
  setDistributorsUpdates(order);
}

function setBuyersUpdates(order: RunningOrder): void {
  const { inbox, input } = order;
  setUpdateHandler(messages.present, {
    parse: schemas.parsePresent,
    allow: () => refuseUnless(order.stage === 'check_issued' && !inbox.presentation, cannotBe(order, 'presented')),
    handle: (message) => present(order, message),
  });
  setUpdateHandler(messages.indicatePayment, {
    parse: schemas.parseIndicatePayment,
    allow: () => refuseUnless(order.paymentIndicated || order.stage === 'accepted', cannotBe(order, 'paid')),
    handle: ({ actor = input.buyerId }) => {
      inbox.payment ??= { actor };
      return onceTrue(order, () => order.paymentIndicated);
    },
  });
}

function setSellersUpdates(order: RunningOrder): void {
  const { inbox, input } = order;
  const undecided = () => order.stage === 'presented' && !inbox.refusal && !inbox.acceptance;
  setUpdateHandler(messages.accept, {
    parse: schemas.parseAccept,
    allow: () => refuseUnless(undecided(), cannotBe(order, 'accepted')),
    handle: ({ actor = input.sellerId }) => {
      const acceptance = { actor };
      inbox.acceptance = acceptance;
      return onceTrue(
        order,
        () => order.reached.has('accepted'),
        () => withheldAnswer(order, acceptance) ?? unvalidatedAnswer(order, acceptance),
      );
    },
  });
  setUpdateHandler(messages.refuse, {
    parse: schemas.parseRefuse,
    allow: () => refuseUnless(undecided(), cannotBe(order, 'refused')),
    handle: ({ reason, actor = input.sellerId }) => {
      inbox.refusal = { actor, reason };
      return onceTrue(order, () => order.reached.has('rejected'));
    },
  });
  setUpdateHandler(messages.demandPayment, {
    parse: schemas.parseDemandPayment,
    allow: ({ actor, echeck }) => {
      refuseUnless(isPayee(order, actor, echeck), 'only the payee demands the payment, on the very check');
      refuseUnless(isPayable(order), cannotBe(order, 'paid for'));
    },
    handle: ({ actor, reference }) => {
      const demand = inbox.demand ?? { actor, reference };
      inbox.demand = demand;
      return onceTrue(
        order,
        () => order.paid,
        () => withheldAnswer(order, demand),
      );
    },
  });
}

function isPayee({ input, issued }: RunningOrder, actor: string, echeck: string): boolean {
  return actor === input.sellerId && echeck === issued?.echeck.jws;
}

/** After the notice, or after the delivery, as it was settled (claims 5, 23). */
function isPayable(order: RunningOrder): boolean {
  if (order.paid) return true;
  const isDue = settledOn(order) === 'notice' || order.reached.has('delivered') || isDelivered(order);
  return order.reached.has('accepted') && isDue && !order.inbox.ending;
}

function setDistributorsUpdates(order: RunningOrder): void {
  const { inbox, input } = order;
  setUpdateHandler(messages.schedule, {
    parse: schemas.parseSchedule,
    allow: ({ deliverAt }) => {
      refuseUnless(order.awaitsSchedule && !inbox.schedule, cannotBe(order, 'scheduled'));
      const aheadMs = Date.parse(deliverAt) - Date.now();
      refuseUnless(aheadMs > 0 && aheadMs < timeouts.farthestDeliveryMs, 'deliverAt must be within the next year');
    },
    handle: ({ deliverAt, actor = input.distributorId }) => {
      const said = { deliverAt, actor };
      inbox.schedule = said;
      return onceTrue(
        order,
        () => order.reached.has('scheduled'),
        () => dateRefusal(order, said) ?? withheldAnswer(order, said),
      );
    },
  });
}

function dateRefusal({ dateRefused }: RunningOrder, said: Inbox['schedule']): Answer | undefined {
  if (!dateRefused || dateRefused.schedule !== said) return undefined;
  const { detail, nextPossible } = dateRefused;
  return { ok: false, problem: 'outside-service', detail, nextPossible };
}

function cannotBe(order: RunningOrder, what: string): string {
  return `an order in ${order.stage} cannot be ${what} now`;
}

async function present(order: RunningOrder, message: MessageOf<typeof schemas.parsePresent>): Promise<Answer> {
  const { inbox, input } = order;
  const { lines, presentationSealed, deliverToSealed = input.deliverToSealed, actor = input.buyerId } = message;
  const { echeck = issuedOrder(order).echeck.jws } = message;
  const said = { ...(lines && { lines }), ...(presentationSealed !== undefined && { presentationSealed }) };
  const presentation = { echeck, ...said, deliverToSealed, presentedBy: actor };
  inbox.presentation = presentation;
  const verdict = () => (order.validated?.presentation === presentation ? order.validated.verdict : undefined);
  await untilTrue(order, () => verdict() !== undefined);
  const reason = verdict();
  if (reason === undefined || reason === 'valid') return onceTrue(order, () => reason === 'valid');
  const detail = `The check office refuses the check: ${reason}.${reason === 'wrong_terminal' ? ` ${WRONG_TERMINAL}` : ''}`;
  return { ok: false, problem: 'echeck-invalid', reason, detail };
}

const WRONG_TERMINAL =
  'A check that is bound to a terminal (cnf) is presented as {presentation}, a JWS by the key of its order; any other as {echeck, lines, deliverTo}.';

/** Cancels and interventions: what changes the course of the order itself. */
function setControlUpdates(order: RunningOrder): void {
  setUpdateHandler(messages.cancel, {
    parse: schemas.parseCancel,
    allow: ({ role }) => {
      const who = role ?? SOMEBODY;
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

/** Before the goods leave, anybody may; then only the operator, or the buyer of an overdue delivery. Never after delivery. */
function mayCancel(order: RunningOrder, role: Role = 'operator'): boolean {
  const { inbox } = order;
  if (!order.reversible || inbox.ending || isDelivered(order)) return false;
  if (!isDispatched(order) || !isOnTheWay(situationOf(inbox.reports.values()))) return true;
  return role === 'operator' || (role === 'buyer' && order.overdue);
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

/** Answers when the order has come as far as the message makes it, or refuses the message, or has ended otherwise. */
async function onceTrue(
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

/** Nothing came of what a suspended party said. */
function withheldAnswer({ withheld }: RunningOrder, said: object): Answer | undefined {
  return withheld === said ? { ok: false, problem: 'party-suspended', detail: SUSPENDED } : undefined;
}

/** A seller with a server of its own promises nothing before it has had the check validated (claim 2). */
function unvalidatedAnswer({ unvalidated }: RunningOrder, said: object): Answer | undefined {
  return unvalidated === said ? { ok: false, problem: 'illegal-transition', detail: UNVALIDATED } : undefined;
}

const UNVALIDATED =
  'The seller has not had the check validated: ask POST /v1/echecks/validation first, then accept again.';

const SUSPENDED = 'The check office has suspended this party: nothing came of it. Once that is lifted, say it again.';

/** An answer that is owed is given, also when the workflow itself is being cancelled. */
function untilTrue(order: RunningOrder, reached: () => boolean): Promise<void> {
  return CancellationScope.nonCancellable(() => condition(() => reached() || order.closed));
}
