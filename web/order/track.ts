import { STAGES_ON_THE_WAY, type Stage } from '../data/stages.ts';
import type { OrderEvent } from '../shared/events.ts';

/** One stage on an order's way. `ended`: where it ended early. */
export interface TrackedStage {
  readonly stage: Stage;
  readonly is: 'done' | 'now' | 'ahead' | 'ended';
  /** When it was reached, as far as the events tell. RFC 3339. */
  readonly at?: string;
}

/** The stages of an order that goes well. */
const WAY = [...STAGES_ON_THE_WAY, 'completed'] as const;
type OnTheWay = (typeof WAY)[number];

/** The events by which an order reaches a stage of its way. */
const REACHED_BY: Readonly<Record<string, OnTheWay>> = {
  order_requested: 'requested',
  check_issued: 'check_issued',
  check_presented: 'presented',
  distribution_promised: 'accepted',
  dispatch_scheduled: 'scheduled',
  distribution_reported: 'in_distribution',
  distribution_completed: 'delivered',
  order_completed: 'completed',
};

/**
 * The way of an order up to where it stands and, while it goes well, on to its end. One that ended early has its ending in place of what
 * it never reached. Stages of which a party may not know when they were reached have no time.
 */
export function trackOf(stage: Stage, events: readonly OrderEvent[]): readonly TrackedStage[] {
  const times = timesOf(events);
  const here = WAY.findIndex((one) => one === stage);
  if (here >= 0)
    return WAY.map((one, index) => ({
      stage: one,
      is: index < here ? 'done' : index === here ? 'now' : 'ahead',
      ...(index <= here && { at: times.get(one) }),
    }));
  const furthest = WAY.findLastIndex((one) => times.has(one));
  const ended = events.findLast(({ type }) => type === `order_${stage}`);
  return [
    ...WAY.slice(0, Math.max(furthest, 0) + 1).map((one) => ({ stage: one, is: 'done', at: times.get(one) }) as const),
    { stage, is: 'ended', at: ended?.occurredAt },
  ];
}

function timesOf(events: readonly OrderEvent[]): ReadonlyMap<Stage, string> {
  const times = new Map<Stage, string>();
  for (const { type, occurredAt } of events) {
    const stage = REACHED_BY[type];
    if (stage && !times.has(stage)) times.set(stage, occurredAt);
  }
  return times;
}
