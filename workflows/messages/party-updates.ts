import type { UpdateDefinition } from '@temporalio/common';
import { currentUpdateInfo, uuid4 } from '@temporalio/workflow';
import { isDecided, situationOf } from '../../domain/delivery.ts';
import { timeouts } from '../../temporal.config.ts';
import { issuedOrder, type RunningOrder, settledOn } from '../runtime/running-order.ts';
import { isDelivered, isDispatched } from '../runtime/may-cancel.ts';
import { withheldBy } from '../steps/suspension.ts';
import * as messages from './definitions.ts';
import type { Answer } from './definitions.ts';
import * as schemas from './schemas.ts';
import type { MessageOf } from './schemas.ts';
import {
  onceTrue,
  refuseUnless,
  refuseUnlessNow,
  refuseUnlessRead,
  setUpdateHandler,
  untilTrue,
  type UpdateHandling,
} from './update.ts';

/** What buyers, sellers and distributors do by hand. */
export function setPartyUpdates(order: RunningOrder): void {
  setBuyersUpdates(order);
  setSellersUpdates(order);
  setDistributorsUpdates(order);
}

/** What a party does by hand depends on where the order stands. */
function setPartyUpdate<Sent, Message>(
  order: RunningOrder,
  definition: UpdateDefinition<Answer, [Sent]>,
  { parse, allow, handle }: UpdateHandling<Message>,
): void {
  setUpdateHandler(definition, {
    parse,
    allow: (message) => {
      refuseUnlessRead(order);
      allow(message);
    },
    handle,
  });
}

function setBuyersUpdates(order: RunningOrder): void {
  const { inbox, input } = order;
  setPartyUpdate(order, messages.present, {
    parse: schemas.parsePresent,
    allow: () => refuseUnlessNow(order, order.stage === 'check_issued' && !inbox.presentation, 'presented now'),
    handle: (message) => present(order, message),
  });
  setPartyUpdate(order, messages.indicatePayment, {
    parse: schemas.parseIndicatePayment,
    allow: () => refuseUnlessNow(order, order.paymentIndicated || order.stage === 'accepted', 'paid now'),
    handle: ({ actor = input.buyerId }) => {
      inbox.payment ??= { actor };
      return onceTrue(order, () => order.paymentIndicated);
    },
  });
}

function setSellersUpdates(order: RunningOrder): void {
  const { inbox, input } = order;
  const undecided = () => order.stage === 'presented' && !inbox.refusal && !inbox.acceptance;
  setPartyUpdate(order, messages.accept, {
    parse: schemas.parseAccept,
    allow: () => refuseUnlessNow(order, undecided(), 'accepted now'),
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
  setPartyUpdate(order, messages.refuse, {
    parse: schemas.parseRefuse,
    allow: () => refuseUnlessNow(order, undecided(), 'refused now'),
    handle: ({ reason, actor = input.sellerId }) => {
      inbox.refusal = { actor, reason };
      return onceTrue(order, () => order.reached.has('rejected'));
    },
  });
  setPartyUpdate(order, messages.demandPayment, {
    parse: schemas.parseDemandPayment,
    allow: ({ actor, echeck }) => {
      refuseUnlessNow(order, order.issued !== undefined, 'paid for now');
      refuseUnless(isPayee(order, actor, echeck), 'only the payee demands the payment, on the very check');
      refuseUnlessNow(order, isPayable(order), 'paid for now');
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
  setPartyUpdate(order, messages.schedule, {
    parse: schemas.parseSchedule,
    allow: ({ deliverAt }) => {
      const isFirst = (order.awaitsSchedule || isInstructedNext(order)) && !inbox.schedule;
      refuseUnlessNow(order, isFirst || mayMoveDate(order), 'scheduled now');
      const { newDate } = inbox;
      refuseUnless(
        !newDate || newDate.deliverAt === deliverAt,
        'another date is being fixed just now: say this one again in a moment',
      );
      const aheadMs = Date.parse(deliverAt) - Date.now();
      refuseUnless(aheadMs > 0 && aheadMs < timeouts.farthestDeliveryMs, 'deliverAt must be within the next year');
    },
    handle: ({ deliverAt, actor = input.distributorId }) => {
      if (isDispatched(order)) return moveDate(order, deliverAt, actor);
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

/** A distributor that fixes the date by hand may have the instruction on record before the order knows that it was given. */
function isInstructedNext(order: RunningOrder): boolean {
  const { stage, paymentIndicated, agents } = order;
  const isNext = stage === 'accepted' && paymentIndicated && agents.distributor === 'manual';
  return isNext && withheldBy(order, 'instructDistribution') === undefined;
}

/** Until the goods are there, or never will be. */
function mayMoveDate(order: RunningOrder): boolean {
  const { ending, reports } = order.inbox;
  return isDispatched(order) && !ending && !isDecided(situationOf(reports.values()));
}

/**
 * One date after the other; whoever says the same one meanwhile says the same. The update's own id tells this move from every other one:
 * also from a later one to the same date.
 */
function moveDate(order: RunningOrder, deliverAt: string, actor: string): Promise<Answer> {
  const said = (order.inbox.newDate ??= { deliverAt, actor, change: currentUpdateInfo()?.id ?? uuid4() });
  return onceTrue(
    order,
    () => order.dateChanged === said,
    () => dateRefusal(order, said) ?? withheldAnswer(order, said),
  );
}

function dateRefusal({ dateRefused }: RunningOrder, said: object): Answer | undefined {
  if (!dateRefused || dateRefused.schedule !== said) return undefined;
  const { detail, nextPossible } = dateRefused;
  return { ok: false, problem: 'outside-service', detail, nextPossible };
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
