import { setTimeout as sleep } from 'node:timers/promises';
import type { Drift } from '../../domain/reconciliation.ts';
import { compareWorkflows, reconcileBooks, textDrift } from '../../office/reconciliation/index.ts';
import { shortMessageOf } from '../../platform/error-facts.ts';
import type { Orm } from '../../platform/orm.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { answers, type Connections, isUnreachable } from './connections.ts';
import { sealerOf } from './sealer.ts';

export interface Reconciling {
  /** How long all of it may take, in seconds. */
  readonly within: number;
  /** Workflows that have ended since then are compared, too. */
  readonly since: Date;
}

/** What was found, and what was not compared. */
export interface Reconciled {
  readonly drift: readonly Drift[];
  /** Running orders that only wait for a worker, because none reads their queue: what a comparison without any worker finds of each. */
  readonly unread: number;
  /** One line for each part that was not compared, with why. */
  readonly notCompared: readonly string[];
}

/** One part of the comparison; without `compare` there is nobody to ask. */
interface Part {
  readonly what: string;
  readonly compare: (() => Promise<Drift[]>) | undefined;
}

/**
 * Compares the books now, by the same code as the schedule and in this very process: it needs the database and Temporal, and no worker. Unlike the
 * schedule it ends no order whose check ran out: nothing but marks is changed. What was not compared, because nobody answered or the time was over, is said. Throws when the database does not answer.
 */
export async function reconcileNow(connections: Connections, { within, since }: Reconciling): Promise<Reconciled> {
  const { books, notes } = connections;
  if (!books || !(await answers(books))) throw new Error(books || notes.some(isUnreachable) ? AWAY : notes.join('\n'));
  const endsAt = Date.now() + within * 1_000;
  const drift: Drift[] = [];
  const notCompared: string[] = [];
  for (const { what, compare } of partsOf(books, connections.temporal, since)) {
    const found = compare ? await inTime(compare, endsAt, within) : notes.join(' ');
    if (typeof found === 'string') notCompared.push(`${what}: ${found}`);
    else drift.push(...found);
  }
  return { ...withoutUnread(drift), notCompared };
}

/** Takes out the running orders that only wait for a worker. One that is pinned to a version for which nobody reads is another matter: other workers may run. */
export function withoutUnread(drift: readonly Drift[]): Pick<Reconciled, 'drift' | 'unread'> {
  const isUnread = ({ kind, detail }: Drift) => kind === 'workflow-unread' && !detail.startsWith('NoWorkerOfVersion:');
  const others = drift.filter((found) => !isUnread(found));
  return { drift: others, unread: drift.length - others.length };
}

const AWAY =
  'nothing was compared, because the database does not answer: look at its machine and disk, start it again, ' +
  'then repeat `ops reconcile`';

function partsOf(books: Orm, temporal: Connections['temporal'], closedSince: Date): Part[] {
  const workflows = temporal && workflowRegister(temporal.client, ORDER_WORKFLOW);
  const deps = workflows && { orm: books, clock: () => new Date(), workflows };
  const texts = async () => textDrift(books.em.fork(), new Date(), sealerOf(books));
  return [
    { what: 'ledger, holds, checks, orders and messages', compare: () => reconcileBooks(books) },
    { what: 'the texts of messages and receipts', compare: texts },
    { what: 'orders with their workflows', compare: deps && (() => compareWorkflows(deps, { closedSince })) },
  ];
}

/** What a part found, or why it was not compared. Whatever goes on after the time is over ends with the process. */
async function inTime<Found>(compare: () => Promise<Found>, endsAt: number, within: number): Promise<Found | string> {
  const over = new AbortController();
  const late = sleep(Math.max(0, endsAt - Date.now()), `not within ${within} seconds`, { signal: over.signal });
  try {
    return await Promise.race([compare(), late]);
  } catch (error) {
    return shortMessageOf(error);
  } finally {
    over.abort();
  }
}
