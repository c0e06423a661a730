import type { Orm } from '../database.ts';
import { Job } from '../entities/job.entity.ts';
import { reportJob } from './report.ts';
import type { Report } from './states.ts';

/** What the demo driver does next in a state, and after which part of its time. */
const WAY = {
  planned: { report: 'picked_up', part: 0.25 },
  picked_up: { report: 'in_transit', part: 0.5 },
  in_transit: { report: 'delivered', part: 0.75 },
} as const satisfies Partial<Record<Job['state'], { report: Report; part: number }>>;

/**
 * Drives every job within that many seconds of its planning, whatever date it has. All that it rests on is on record: killed
 * in between, it goes on where it was.
 */
export async function driveDemo(orm: Orm, seconds: number, now: Date): Promise<void> {
  for (const [state, { report, part }] of Object.entries(WAY)) {
    const since = new Date(now.getTime() - seconds * 1000 * part);
    const due = await orm.em.fork().find(Job, { state: state as keyof typeof WAY, plannedAt: { $lte: since } });
    for (const { orderId, deliverTo } of due) {
      await reportJob(orm.em, { orderId, report, ...(deliverTo && { receivedBy: shortened(deliverTo.name) }) }, now);
    }
  }
}

/** A receiver's name at the check office is longer than what a report may say. */
function shortened(name: string): string {
  return Array.from(name).slice(0, 200).join('').trim();
}
