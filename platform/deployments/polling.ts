import type { Client } from '@temporalio/client';
import { taskQueues } from '../../temporal.config.ts';
import { awaitAll } from '../order-health/shared.ts';
import { isFresh, lastPoll } from '../order-health/task-queue-health.ts';
import { readQueue } from '../order-health/task-queue.ts';

/** Everything that the workers of a build poll: what is missing of it would stand still under that build. */
const NEEDED = [
  { queue: taskQueues.orders, tasks: 'workflow', what: 'workflows' },
  { queue: taskQueues.orders, tasks: 'activity', what: 'activities' },
  { queue: taskQueues.parties, tasks: 'activity', what: 'activities' },
  { queue: taskQueues.webhooks, tasks: 'workflow', what: 'workflows' },
  { queue: taskQueues.webhooks, tasks: 'activity', what: 'activities' },
] as const;

/** Who polls one queue for a version. */
export interface Polling {
  readonly queue: string;
  readonly what: 'workflows' | 'activities';
  /** Those that have asked within 90 seconds. */
  readonly pollers: number;
  readonly lastPollAt?: Date;
}

/** Which builds get new orders. */
export interface Routing {
  readonly current?: string;
  readonly ramping?: { readonly version: string };
}

/**
 * Whether every queue gives its tasks to the builds of the deployment, which it knows a moment after the deployment itself. Temporal's own word
 * for it (`routingConfigUpdateState`) may stay behind (server 1.32).
 */
export async function isRouted(client: Client, { current, ramping }: Routing): Promise<boolean> {
  const states = await awaitAll(NEEDED.map((needed) => readQueue(client, needed)));
  return states.every(
    ({ currentVersion, rampingVersion }) => currentVersion === current && rampingVersion === ramping?.version,
  );
}

/** Asks once who polls the queues, and answers for each version; without one, for workers that are not versioned. */
export async function pollingByVersion(client: Client): Promise<(version?: string) => Polling[]> {
  const now = new Date();
  const states = await awaitAll(NEEDED.map((needed) => readQueue(client, needed)));
  return (version) =>
    NEEDED.map(({ queue, what }, index) => {
      const own = (states[index]?.pollers ?? []).filter((poller) => poller.version === version);
      const pollers = own.filter((poller) => isFresh(poller, now)).length;
      return { queue, what, pollers, lastPollAt: lastPoll(own) };
    });
}

/** The queues that nobody polls, in words; none when all of them are polled. */
export function unpolled(polling: readonly Polling[]): string[] {
  return polling.filter(({ pollers }) => pollers === 0).map(({ queue, what }) => `${queue} (${what})`);
}
