import { decodeJwt } from 'jose';
import type { OrderActivities } from '../activities/index.ts';
import type { Recalled } from '../activities/recall.ts';
import { firstConfirmation, isSituation, outranks, situationOf, type SituationReport } from '../domain/delivery.ts';
import {
  isEnded,
  isLargeBasket,
  type PricedLine,
  type SettleOn,
  stagesFrom,
  type Stage,
  wasPaid,
} from '../domain/order.ts';
import type { OrderInput } from '../workflows/messages/definitions.ts';
import type { RequestedOrder } from '../office/orders/index.ts';
import { goesOnFromRecord, progressBy, stepName } from './knowledge.ts';
import type { Progress } from './record.ts';
import type { ToldRun, ToldStep } from './replaying.ts';
import type { StepName } from './step-rules.ts';

type Input<Name extends StepName> = Parameters<OrderActivities[Name]>[0];
type Answer<Name extends StepName> = Awaited<ReturnType<OrderActivities[Name]>>;

/** The name of what stands for a stop of the check, which is done beside the workflow. */
export const STOP = 'stopCheck';

/** A step, and what its run was started with. */
export interface StepOfRun {
  readonly input: OrderInput;
  readonly step: ToldStep;
}

/**
 * The steps of an order's runs, and what their histories hold no step of: where a run read the record to go on from there, what it read; and the
 * stop of its check.
 */
export function stepsOf(runs: readonly ToldRun[]): readonly StepOfRun[] {
  let before = progressBy([]);
  return runs.flatMap((run) => {
    const steps = stepsOfRun(run, before);
    before = progressBy(run.steps, before);
    return steps.map((step) => ({ input: { ...run.input, ...requestOf(run) }, step }));
  });
}

function stepsOfRun({ input, steps: taken, stop }: ToldRun, before: Progress): readonly ToldStep[] {
  const steps = taken.flatMap((step, index) => {
    if (!goesOnFromRecord(step, taken)) return [...stopRead(step), step];
    return [...stopRead(step), ...provenSteps(input, step, progressBy(taken.slice(0, index), before)), step];
  });
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

/** What the order was requested with: by the record, where the workflow has read it, for whoever repeats a request starts it with another time. */
export function requestOf({ input, steps }: ToldRun): RequestedOrder {
  const read = steps.find((step) => goesOnFromRecord(step, steps));
  return { ...input, ...(read?.answer as Recalled | undefined)?.request };
}

/**
 * A workflow whose attempt was lost with its worker begins again and reads the record: of the lost steps its history holds nothing but that
 * reading, which proves them. They come in the order of the story; those `before` are told, or proven, already.
 */
function provenSteps(input: OrderInput, recall: ToldStep, before: Progress): ToldStep[] {
  const recalled = recall.answer as Recalled;
  const { echeck, charge } = recalled.order;
  if (!echeck || !charge) return [];
  const reached = provenStage(recalled);
  const proven: Proven = {
    recalled,
    echeck,
    charge,
    // The record's own words: a repeated request has sealed its address again, and the check rests on the first.
    request: { ...input, ...recalled.request, settleOn: recalled.order.settleOn },
    reached,
    before,
    isNew: (stage) => isAsFarAs(reached, stage) && !isAsFarAs(before.stage, stage),
  };
  return [...stepsToTheDate(proven), ...stepsFromTheDate(proven)];
}

/** What a reading of the record proves. */
interface Proven {
  readonly recalled: Recalled;
  readonly echeck: NonNullable<Recalled['order']['echeck']>;
  readonly charge: NonNullable<Recalled['order']['charge']>;
  readonly request: RequestedOrder & { readonly settleOn: SettleOn };
  readonly reached: Stage;
  readonly before: Progress;
  /** It came so far, and nothing before has said so. */
  readonly isNew: (stage: Stage) => boolean;
}

function stepsToTheDate(proven: Proven): ToldStep[] {
  const { recalled, echeck, charge, request, before, isNew } = proven;
  const { order, agents, paymentDemand, paymentIndicated, promiseDue: withheld } = recalled;
  const { orderId, buyerId, sellerId, distributorId, deliverToSealed, lines } = request;
  const paymentAgent = request.payment ?? agents.buyer;
  const acceptance = { orderId, buyerId, sellerId, lines, paymentAgent, charge, sellerAgent: agents.seller };
  const issue = { ...request, lines: order.lines as readonly PricedLine[], charge, paymentDemand, agents };
  const presentation = { presentedBy: buyerId, echeck: echeck.jws, deliverToSealed, terminalKey: request.terminalKey };
  const validation = { ...acceptance, ...presentation, attempt: 1 };
  const instruction = { orderId, sellerId, distributorId, lines, deliverToSealed };
  const deliverAt = order.distribution?.deliverAt;
  const take = taker(echeck.jws);
  return [
    // The prices of a large basket are not read: what follows then says that its check is missing.
    ...(isNew('check_issued') && !isLargeBasket(lines) ? take('issueCheck', issue, { kind: 'issued', order }) : []),
    ...(isNew('presented') ? take('validateCheck', validation, { kind: 'valid', withheld }) : []),
    ...(isNew('accepted') ? take('acceptOrder', acceptance, { kind: 'accepted' }) : []),
    ...(order.settleOn === 'notice' ? settled(proven) : []),
    ...(paymentIndicated && !before.indicated ? take('indicatePayment', acceptance, { kind: 'done' }) : []),
    ...(deliverAt && isNew('scheduled')
      ? take('scheduleDispatch', { instruction }, { kind: 'scheduled', deliverAt })
      : []),
  ];
}

function stepsFromTheDate(proven: Proven): ToldStep[] {
  const { recalled, echeck, request, reached, before, isNew } = proven;
  const { orderId, sellerId, distributorId, settleOn } = request;
  const taken = reportsTaken(recalled);
  const reports = isAsFarAs(reached, 'in_distribution')
    ? taken.filter(({ eventId }) => !before.reports.has(eventId))
    : [];
  const situation = { orderId, distributorId, reports, status: situationOf(taken) };
  const take = taker(echeck.jws);
  const onTheWay = reports.length > 0 ? take('recordDistribution', situation, undefined) : [];
  const confirmation = firstConfirmation(recalled.reports);
  if (!confirmation || !isAsFarAs(reached, 'delivered')) return onTheWay;
  const completion = { orderId, sellerId, distributorId, checkNumber: echeck.number, confirmation };
  const hasSite = recalled.agents.seller === 'site';
  const notified = hasSite ? 'recordCompletion' : 'notifySellerOfCompletion';
  return [
    ...onTheWay,
    ...(isNew('delivered') ? take(notified, completion, { kind: 'done' }) : []),
    ...(hasSite || recalled.officeNotified === false ? [] : take('notifyOfficeOfCompletion', completion, undefined)),
    ...(isNew('completed') && hasSite ? take('recordAcknowledgement', completion, undefined) : []),
    ...(settleOn === 'delivery' ? settled(proven) : []),
    ...(isNew('completed') && (hasSite || settleOn === 'notice')
      ? take('finaliseCheck', demandOf(proven), { kind: 'final' })
      : []),
  ];
}

function settled(proven: Proven): ToldStep[] {
  if (!isPaid(proven.recalled) || proven.before.paid) return [];
  return taker(proven.echeck.jws)('settlePayment', demandOf(proven), { kind: 'settled' });
}

function demandOf({ request, recalled, echeck, charge }: Proven): Input<'settlePayment'> {
  const { orderId, sellerId, buyerId, settleOn } = request;
  const demand = { orderId, sellerId, buyerId, settleOn, charge, echeck };
  return recalled.agents.seller === 'site' ? { ...demand, staysOpen: true } : demand;
}

/** Makes steps of an order as early as they can have been: by the time of the reading a check may have run out, or a date have passed. */
function taker(jws: string) {
  const { now: at } = timesOf(jws);
  return <Name extends StepName>(name: Name, input: Input<Name>, answer: Answer<Name>): [ToldStep] => [
    { name, input, answer, at, isTransmission: false },
  ];
}

/** From when to when the check is good, as it says itself, before anybody has verified it. */
export function timesOf(jws: string): { readonly now: Date; readonly lifetimeMs: number } {
  const { iat = 0, exp = 0 } = decodeJwt(jws);
  return { now: new Date(iat * 1_000), lifetimeMs: (exp - iat) * 1_000 };
}

/** How far the order came as a good one: that it ended early then says nothing of that. */
function provenStage(recalled: Recalled): Stage {
  const { stage, settleOn, distribution } = recalled.order;
  if (stage === 'completed' || !isEnded(stage)) return stage;
  if (isPaid(recalled) && settleOn === 'delivery') return 'delivered';
  if (reportsTaken(recalled).length > 0) return 'in_distribution';
  if (distribution?.deliverAt) return 'scheduled';
  return isPaid(recalled) || recalled.paymentIndicated ? 'accepted' : 'check_issued';
}

/** An early ending is as far as any: whatever was before it is told. */
function isAsFarAs(stage: Stage, than: Stage): boolean {
  return isEnded(stage) || stagesFrom(than).includes(stage);
}

function isPaid({ paid, order }: Recalled): boolean {
  return paid || wasPaid(order.payment.status);
}

/** The reports on the way that the workflow had taken up: those before the confirmation, as far as they had changed the situation on record. */
function reportsTaken({ order, reports }: Recalled): readonly SituationReport[] {
  const status = order.distribution?.status;
  if (status === undefined || !isSituation(status)) return [];
  const confirmed = reports.findIndex(({ kind }) => kind === 'delivered');
  const before = confirmed < 0 ? reports : reports.slice(0, confirmed);
  return before.filter(({ kind }) => !outranks(kind, status));
}
