import type { OrderActivities } from '../activities/index.ts';
import type { Recalled } from '../activities/recall.ts';
import { isEnded, isLargeBasket, type PricedLine, stagesFrom, type Stage } from '../domain/order.ts';
import type { OrderInput } from '../workflows/messages/definitions.ts';
import type { RequestedOrder } from '../office/orders/index.ts';
import { goesOnFromRecord, stepName } from './knowledge.ts';
import type { ToldRun, ToldStep } from './replaying.ts';
import type { StepName } from './step-rules.ts';

type Input<Name extends StepName> = Parameters<OrderActivities[Name]>[0];
type Answer<Name extends StepName> = Awaited<ReturnType<OrderActivities[Name]>>;

/** The name of what stands for a stop of the check, which is done beside the workflow. */
export const STOP = 'stopCheck';

/**
 * The steps of a run, and what its history holds no step of: where it read the record to go on from there, what it read; and the stop of its check.
 */
export function stepsOf(run: ToldRun): readonly ToldStep[] {
  const steps = run.steps.flatMap((step) => [...stopRead(step), ...stepsBefore(run, step), step]);
  const { stop } = run;
  if (!stop) return steps;
  const ends = steps.findIndex(({ name }) => name === 'decideEnding' || name === 'voidCheckIfIssued');
  return steps.toSpliced(ends < 0 ? steps.length : ends, 0, stopped(stop, new Date()));
}

function stopped(input: { readonly actor?: string | null; readonly reason: string }, at: Date): ToldStep {
  return { name: STOP, input, answer: undefined, at, isTransmission: false };
}

/** It was stopped while no workflow could be told so. */
function stopRead(step: ToldStep): ToldStep[] {
  if (stepName(step) !== 'recallOrder') return [];
  const { ending, order } = step.answer as Recalled;
  return ending && order.echeck?.status === 'stopped' ? [stopped(ending, step.at)] : [];
}

/**
 * A workflow whose first attempt was lost with its worker begins again and reads the record: of the lost steps its history holds nothing but that
 * reading, which says what they came to.
 */
function stepsBefore({ input, steps }: ToldRun, step: ToldStep): ToldStep[] {
  if (input.resumed || input.carried || !goesOnFromRecord(step, steps)) return [];
  return steps.some(({ name }) => name === 'issueCheck') ? [] : recalledSteps(input, step);
}

/** What the order was requested with: by the record, where the workflow has read it, for whoever repeats a request starts it with another time. */
export function requestOf({ input, steps }: ToldRun): RequestedOrder {
  const read = steps.find((step) => goesOnFromRecord(step, steps));
  return { ...input, ...(read?.answer as Recalled | undefined)?.request };
}

function recalledSteps(input: OrderInput, recall: ToldStep): ToldStep[] {
  const recalled = recall.answer as Recalled;
  const { order, agents, paid, paymentDemand, paymentIndicated } = recalled;
  const { echeck, charge, stage } = order;
  if (!echeck || !charge || isLargeBasket(input.lines)) return [];
  // The record's own words: a repeated request has sealed its address again, and the check rests on the first.
  const request = { ...input, ...recalled.request, settleOn: order.settleOn };
  const { orderId, buyerId, sellerId, distributorId, deliverToSealed, lines } = request;
  const parties = { orderId, buyerId, sellerId, lines, paymentAgent: request.payment ?? agents.buyer, charge };
  const step = <Name extends StepName>(name: Name, asked: Input<Name>, answer: Answer<Name>): ToldStep => ({
    name,
    input: asked,
    answer,
    at: recall.at,
    isTransmission: false,
  });
  const has = (reached: Stage) => isEnded(stage) || stagesFrom(reached).includes(stage);
  const priced = order.lines as readonly PricedLine[];
  const issue = { ...request, lines: priced, charge, paymentDemand, agents };
  const presentation = { presentedBy: buyerId, echeck: echeck.jws, deliverToSealed, terminalKey: request.terminalKey };
  const validation = { ...parties, ...presentation, attempt: 1, sellerAgent: agents.seller };
  const demand = { orderId, sellerId, buyerId, settleOn: order.settleOn, charge, echeck, staysOpen: true };
  const instruction = { orderId, sellerId, distributorId, lines, deliverToSealed };
  const deliverAt = order.distribution?.deliverAt;
  return [
    step('issueCheck', issue, { kind: 'issued', order }),
    ...(has('presented') ? [step('validateCheck', validation, { kind: 'valid', withheld: recalled.promiseDue })] : []),
    ...(has('accepted') ? [step('acceptOrder', parties, { kind: 'accepted' })] : []),
    ...(paid ? [step('settlePayment', demand, { kind: 'settled' })] : []),
    ...(paymentIndicated ? [step('indicatePayment', parties, { kind: 'done' })] : []),
    ...(deliverAt ? [step('scheduleDispatch', { instruction }, { kind: 'scheduled', deliverAt })] : []),
  ];
}
