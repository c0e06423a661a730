import { isFurther, type Stage, wasPaid } from '../domain/order.ts';
import type { Recalled } from '../activities/recall.ts';
import type { Progress } from './record.ts';
import type { ToldRun, ToldStep } from './replaying.ts';
import { STEP_RULES, type News, type StepName } from './step-rules.ts';

/** What a run of an order's workflow knows of its order. */
export interface Knowledge extends Progress {
  /** It is at its beginning, and is going to read the record. */
  readonly readsRecord: boolean;
}

/** What the run knows, by what it was started with and the steps that it took. */
export function knownBy({ input, steps }: ToldRun): Knowledge {
  const known = progressBy(steps, carriedBy(input));
  const hasBegun = input.carried !== undefined || steps.some(({ name }) => name === 'priceOrder');
  return { ...known, readsRecord: !hasBegun };
}

/** How far an order has come by the first steps of a run; `from`: by what was before them. */
export function progressBy(steps: readonly ToldStep[], from: Progress = NOTHING): Progress {
  let known = from;
  for (const step of steps) {
    const news = recalledBy(step, steps) ?? ruleOf(step)?.news;
    if (news) known = learnt(known, news);
  }
  return known;
}

/** Whether the record holds something of which the run knows nothing. */
export function isBehind(known: Knowledge, record: Progress): boolean {
  if (known.readsRecord) return false;
  if (isFurther(record.stage, known.stage)) return true;
  if ((record.paid && !known.paid) || (record.indicated && !known.indicated)) return true;
  if (known.stage === 'accepted' && record.instructed && !known.instructed) return true;
  if (record.deliverAt !== undefined && record.deliverAt !== known.deliverAt) return true;
  return [...record.reports].some((eventId) => !known.reports.has(eventId));
}

/** A step of an order by its name, and no message to a party's server, which may have the same. */
export function stepName({ name, isTransmission }: ToldStep): StepName | undefined {
  return !isTransmission && Object.hasOwn(STEP_RULES, name) ? (name as StepName) : undefined;
}

/** What a step has left on record; `undefined` when nothing. */
export function ruleOf(step: ToldStep): { readonly keys: readonly string[]; readonly news: News } | undefined {
  const name = stepName(step);
  const rule = name && (STEP_RULES[name] as AnyRule | 'reads');
  if (!rule || rule === 'reads' || decidedBeside(step) || rule.wrote?.(step.answer) === false) return undefined;
  return { keys: rule.keys(step.input, step.answer), news: rule.news(step.input, step.answer) };
}

/** Each rule is typed by its own step; which step was told is known by its name alone. */
interface AnyRule {
  readonly wrote?: (answer: unknown) => boolean;
  readonly keys: (input: unknown, answer: unknown) => readonly string[];
  readonly news: (input: unknown, answer: unknown) => News;
}

/** It was decided before the step, and beside the workflow, how the order ends. */
export function decidedBeside({ name, answer }: ToldStep): boolean {
  return name !== 'decideEnding' && kindOf(answer) === 'decided';
}

export function kindOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : answer;
}

const NOTHING: Progress = {
  stage: 'requested',
  paid: false,
  indicated: false,
  instructed: false,
  reports: new Set(),
};

function carriedBy({ carried }: ToldRun['input']): Progress {
  if (!carried) return NOTHING;
  // Runs of before 29 November 2026 carried neither; what they do not know they are told again.
  const indicated = 'paymentIndicated' in carried && carried.paymentIndicated;
  // Runs of before builds were drained did not say it.
  const { instructed = 'awaitsSchedule' in carried && carried.awaitsSchedule } = carried;
  return {
    stage: carried.stage,
    paid: carried.paid,
    indicated,
    instructed,
    deliverAt: carried.deliverAt,
    reports: new Set(carried.reports.map(({ eventId }) => eventId)),
  };
}

/** A workflow that goes on from the record knows all of it from then on; one that only reads it again, the reports. */
function recalledBy(step: ToldStep, steps: readonly ToldStep[]): News | undefined {
  if (stepName(step) !== 'recallOrder') return undefined;
  const { order, paid, paymentIndicated: indicated, reports } = step.answer as Recalled;
  const eventIds = reports.map(({ eventId }) => eventId);
  if (!goesOnFromRecord(step, steps)) return { reports: eventIds };
  const deliverAt = order.distribution?.deliverAt ?? undefined;
  // Whether the distributor was instructed it does not read: it is instructed again, under the same key.
  const instructed = true;
  const stage = order.stage;
  return { stage, paid: paid || wasPaid(order.payment.status), indicated, instructed, deliverAt, reports: eventIds };
}

/** Whether the workflow read the record to go on from there: at its beginning, where the order was decided before, or when its goods were delivered. */
export function goesOnFromRecord(step: ToldStep, steps: readonly ToldStep[]): boolean {
  if (stepName(step) !== 'recallOrder') return false;
  const before = steps.slice(0, steps.indexOf(step));
  const wasDecided = before.some(({ name, answer }) => name === 'priceOrder' && kindOf(answer) === 'recorded');
  if (wasDecided && !before.some(({ name }) => name === 'recallOrder')) return true;
  return kindOf(before.findLast(({ name }) => name === 'decideEnding')?.answer) === 'delivered';
}

function learnt(known: Progress, { reports, stage, ...news }: News): Progress {
  const told = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== undefined));
  return {
    ...known,
    ...told,
    stage: stage && hasMoved(known.stage, stage) ? stage : known.stage,
    reports: reports ? new Set([...known.reports, ...reports]) : known.reports,
  };
}

/** A completed order whose payment was given back on the way is refunded. */
function hasMoved(from: Stage, to: Stage): boolean {
  return isFurther(to, from) || (from === 'completed' && to === 'refunded');
}
