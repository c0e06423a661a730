import type { EntityManager } from '@mikro-orm/postgresql';
import type { Instruction, SiteAnswer } from '../../../client/site.ts';
import { Job } from '../entities/job.entity.ts';
import { Message } from '../entities/message.entity.ts';
import type { Calendar } from '../planning/calendar.ts';
import { earliestDelivery, refusalOf, type Consignment, type Refusal } from '../planning/consignment.ts';
import { planJob } from './plan-job.ts';

const MOST_GRAMS = 2 ** 31 - 1;

/** What the answer to an instruction rests on. */
export interface Instructed {
  readonly orderId: string;
  /** On whose behalf the office sent it. */
  readonly sellerId: string;
  readonly instruction: Instruction | 'bad';
  readonly calendar: Calendar;
  readonly now: Date;
  /** `by-hand`: the company's people fix the date. */
  readonly decide: 'auto' | 'by-hand';
}

/**
 * Takes the seller's instruction (claims 9, 11): judges area and weight, fixes date and time from commodities and address, and
 * makes the driver's job of it. Only under the calendar's lock.
 */
export async function takeInstruction(tx: EntityManager, instructed: Instructed): Promise<SiteAnswer> {
  const { instruction, calendar, orderId, now, decide } = instructed;
  if (instruction === 'bad') return refused('bad_instruction');
  // Messages may overtake each other: what was withdrawn is not begun.
  if ((await tx.count(Message, { orderId, kind: 'withdrawn' })) > 0) return refused('withdrawn');
  const consignment = consignmentOf(instruction);
  const notBefore = earliestDelivery(consignment, calendar, now);
  const before = await tx.findOne(Job, orderId);
  if (before) return onRecord(before);
  const job = await makeJob(tx, instructed, instruction, { ...consignment, notBefore: notBefore ?? now });
  const refusal = notBefore ? refusalOf(consignment, calendar) : 'no_capacity';
  if (refusal) return refuse(job, refusal, now);
  if (decide === 'by-hand') return { verdict: 'later' };
  const planned = await planJob(tx, job, calendar, now);
  if (planned.kind === 'no_capacity') return refuse(job, 'no_capacity', now);
  job.state = 'planned';
  return { verdict: 'scheduled', body: { deliverAt: planned.deliverAt } };
}

function refuse(job: Job, refusal: Refusal, now: Date): SiteAnswer {
  Object.assign(job, { state: 'refused', refusal, endedAt: now });
  return refused(refusal);
}

function refused(reason: Refusal): SiteAnswer {
  return { verdict: 'refused', body: { reason } };
}

/** One order has one job, however many instructions come. */
function onRecord({ deliverAt, refusal }: Job): SiteAnswer {
  if (refusal) return { verdict: 'refused', body: { reason: refusal } };
  return deliverAt ? { verdict: 'scheduled', body: { deliverAt: deliverAt.toISOString() } } : { verdict: 'later' };
}

/** The job as it begins: without a date. */
async function makeJob(
  tx: EntityManager,
  { orderId, sellerId, now }: Instructed,
  { lines, deliverTo }: Instruction,
  { weightGrams, country, notBefore }: Consignment & { readonly notBefore: Date },
): Promise<Job> {
  const job = tx.create(Job, {
    orderId,
    sellerId,
    state: 'to_plan',
    lines: lines.map(({ sku, name, quantity, weightGrams: grams }) => ({ sku, name, quantity, weightGrams: grams })),
    deliverTo,
    country,
    // More than the column holds is refused anyway.
    weightGrams: Math.min(weightGrams, MOST_GRAMS),
    notBefore,
    createdAt: now,
  });
  await tx.flush();
  return job;
}

function consignmentOf({ lines, deliverTo }: Instruction): Consignment {
  const weightGrams = lines.reduce((sum, { quantity, weightGrams: grams }) => sum + quantity * grams, 0);
  const given = lines.map(handlingHoursOf).filter((hours) => hours !== undefined);
  const handlingHours = given.length === lines.length ? Math.max(...given) : undefined;
  return { weightGrams, country: deliverTo.country, handlingHours };
}

/** A seller may say with a line how long it takes to make it ready. */
function handlingHoursOf(line: object): number | undefined {
  const hours: unknown = 'handlingHours' in line ? line.handlingHours : undefined;
  return typeof hours === 'number' && hours >= 0 && hours <= 10_000 ? hours : undefined;
}
