import { type Ending, STAGES, type Stage } from '../../domain/order.ts';
import type { OrderActivities } from '../../activities/index.ts';
import { addReport, buyersAgents, type RunningOrder } from '../runtime/running-order.ts';
import { untilAtRest } from '../runtime/at-rest.ts';
import { runStep, runStepDurably } from '../runtime/run-step.ts';

type Recalled = Awaited<ReturnType<OrderActivities['recallOrder']>>;

/**
 * Goes on from what is on record: the order was decided by a workflow, or an attempt of this one, of which Temporal knows
 * nothing any more. Nothing that was done is done again; the ending that was decided, if any, is returned.
 */
export async function resumeFromRecord(order: RunningOrder): Promise<Ending | undefined> {
  const recalled = await runStep(order, 'recallOrder', order.input);
  // The record's own words: a repeated request has sealed its address again, and the check rests on the first.
  order.input = { ...order.input, ...recalled.request };
  order.decision ??= { kind: 'recorded' };
  order.agents = agentsOf(recalled, order);
  order.paid = recalled.paid;
  order.deliverAt = recalled.order.distribution?.deliverAt ?? undefined;
  for (const report of recalled.reports) addReport(order.inbox, report);
  reachStage(order, recalled.order.stage);
  const { echeck, charge } = recalled.order;
  if (echeck && charge) order.issued = { ...recalled.order, echeck, charge };
  if (recalled.paymentIndicated) order.paymentIndicated = true;
  if (recalled.paymentDemand) order.paymentDemand = recalled.paymentDemand;
  // It may have changed since the order was judged, which no record says.
  order.demandAskedAt = -1;
  order.plannedAfter = recalled.plannedAfter ?? 0;
  order.promiseDue = recalled.promiseDue;
  order.officeToNotify = recalled.officeNotified === false && recalled.order.stage === 'delivered';
  return recalled.ending ?? undefined;
}

/**
 * Puts into the inbox what stands on record and the workflow does not know: reports whose signal was lost, and an ending that
 * was decided elsewhere, unless this workflow's own end is decided.
 */
export async function readRecord(order: RunningOrder): Promise<void> {
  const { reports, ending } = await recallBesideTheSteps(order);
  for (const report of reports) addReport(order.inbox, report);
  if (!ending || !order.reversible) return;
  order.inbox.ending ??= ending;
  order.reversible.cancel();
}

/** By a regular activity: two local ones at a time, a step's and this one, would answer otherwise in a replay. */
async function recallBesideTheSteps(order: RunningOrder): Promise<Recalled> {
  if (!order.input.backgroundAtRest) return runStep(order, 'recallOrder', order.input);
  await untilAtRest(order);
  return runStepDurably(order, 'recallOrder', order.input);
}

/** A good order has come through every stage before this one. */
function reachStage(order: RunningOrder, stage: Stage): void {
  order.stage = stage;
  const before = STAGES.indexOf(stage) <= STAGES.indexOf('completed') ? STAGES.indexOf(stage) : 0;
  for (const reached of STAGES.slice(0, before)) order.reached.add(reached);
  order.reached.add(stage);
}

function agentsOf({ agents }: Recalled, { input }: RunningOrder): RunningOrder['agents'] {
  return {
    ...buyersAgents(input, agents.buyer),
    seller: agents.seller,
    distributor: agents.distributor,
  };
}
