import type { Ending } from '../domain/ending.ts';
import { STAGES, type Stage } from '../domain/stages.ts';
import type { OrderActivities } from '../activities/index.ts';
import { take } from './lanes.ts';
import type { Story } from './story.ts';

type Recalled = Awaited<ReturnType<OrderActivities['recallOrder']>>;

/**
 * Goes on from what is on record: the order was decided by a workflow, or an attempt of this one, of which Temporal knows
 * nothing any more. Nothing that was done is done again; the ending that was decided, if any, is returned.
 */
export async function recall(story: Story): Promise<Ending | undefined> {
  const recalled = await take(story, 'recallOrder', story.input);
  // The record's own words: a repeated request has sealed its address anew, and the check rests on the first.
  story.input = { ...story.input, ...recalled.request };
  story.decision ??= { kind: 'recorded' };
  story.agents = agentsOf(recalled, story);
  story.paid = recalled.paid;
  story.deliverAt = recalled.order.distribution?.deliverAt ?? undefined;
  for (const report of recalled.reports) keepReport(story, report);
  reachStage(story, recalled.order.stage);
  haveCheck(story, recalled);
  if (recalled.paymentIndicated) story.desk.paymentNoted = true;
  return recalled.ending ?? undefined;
}

/** A report that nobody has taken up yet. The same event told twice is one event. */
export function keepReport(story: Story, report: Recalled['reports'][number]): void {
  if (story.reports.has(report.eventId)) return;
  story.reports.set(report.eventId, report);
  story.unread.push(report);
}

/** A good order has come through every stage before this one. */
export function reachStage(story: Story, stage: Stage): void {
  story.stage = stage;
  const before = STAGES.indexOf(stage) <= STAGES.indexOf('completed') ? STAGES.indexOf(stage) : 0;
  for (const reached of STAGES.slice(0, before)) story.reached.add(reached);
  story.reached.add(stage);
}

function haveCheck(story: Story, { order }: Recalled): void {
  const { echeck, charge } = order;
  if (echeck && charge) story.issued = { ...order, echeck, charge };
}

function agentsOf({ agents }: Recalled, { input }: Story): Story['agents'] {
  return {
    presentation: input.presentation ?? agents.buyer,
    payment: input.payment ?? agents.buyer,
    seller: agents.seller,
    distributor: agents.distributor,
  };
}
