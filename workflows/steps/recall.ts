import type { Ending } from '../../domain/ending.ts';
import { STAGES, type Stage } from '../../domain/stages.ts';
import type { OrderActivities } from '../../activities/index.ts';
import { runStep } from '../runtime/run-step.ts';
import { reportKey, type Story } from '../runtime/story.ts';

type Recalled = Awaited<ReturnType<OrderActivities['recallOrder']>>;

/**
 * Goes on from what is on record: the order was decided by a workflow, or an attempt of this one, of which Temporal knows
 * nothing any more. Nothing that was done is done again; the ending that was decided, if any, is returned.
 */
export async function recall(story: Story): Promise<Ending | undefined> {
  const recalled = await runStep(story, 'recallOrder', story.input);
  // The record's own words: a repeated request has sealed its address again, and the check rests on the first.
  story.input = { ...story.input, ...recalled.request };
  story.decision ??= { kind: 'recorded' };
  story.agents = agentsOf(recalled, story);
  story.paid = recalled.paid;
  story.deliverAt = recalled.order.distribution?.deliverAt ?? undefined;
  for (const report of recalled.reports) keepReport(story, report);
  reachStage(story, recalled.order.stage);
  haveCheck(story, recalled);
  if (recalled.paymentIndicated) story.inbox.paymentNoted = true;
  return recalled.ending ?? undefined;
}

/**
 * Takes up what stands on record and the story has not heard of: an ending that was decided elsewhere, reports whose signal
 * was lost. Nothing, once the story's own end is decided.
 */
export async function lookAtRecord(story: Story): Promise<void> {
  const { reports, ending } = await runStep(story, 'recallOrder', story.input);
  for (const report of reports) keepReport(story, report);
  if (!ending || !story.reversible) return;
  story.wanted ??= ending;
  story.reversible.cancel();
}

/**
 * A report that nobody has taken up yet. The same event told twice is one event. One id with two kinds, which only a plain
 * signal beside the API can bring about, is two: neither of them may be lost.
 */
export function keepReport(story: Story, report: Recalled['reports'][number]): void {
  const key = reportKey(report);
  if (story.reports.has(key)) return;
  story.reports.set(key, report);
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
