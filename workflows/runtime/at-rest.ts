import { condition } from '@temporalio/workflow';
import type { RunningOrder } from './running-order.ts';

/*
 * When a workflow task ends while a local activity is on its way (a heartbeat, or a query that it answers), an event of the
 * meantime and the local activity's answer reach the workflow in one sequence the first time and in another in a replay.
 * Local and regular activities share one sequence of numbers, and a replay finds the answers of local ones by their number:
 * had something beside the steps scheduled an activity in between, no worker could take the order up again.
 */

/**
 * Waits until the steps rest: they have done all that they can do by now, and no local activity is on its way. What runs beside
 * them begins only then, at the same point of the history the first time and in every replay.
 */
export async function untilAtRest(order: RunningOrder): Promise<void> {
  let othersHaveRun = false;
  await condition(() => {
    // It is asked at once, and then each time when nothing else is left to run.
    const atRest = othersHaveRun && order.localAttempts === 0;
    othersHaveRun = true;
    return atRest;
  });
}
