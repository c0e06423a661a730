import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { ENDED_STAGES } from '../../domain/order.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { brokenInvariants, onceOnly, readBooks, type Books } from './books.ts';
import { brokenAtSites } from './site-books.ts';
import type { OrderOutcome } from './parties.ts';
import type { ChaosSite } from './sites.ts';

/** What a chaos run came to. Every list names what is wrong; all are empty when nothing was lost, doubled or stuck. */
export interface Verdict {
  /** Answered with an order, and not on record or without a completed workflow. */
  readonly lost: readonly string[];
  /** An effect that happened twice. */
  readonly doubled: readonly string[];
  /** Neither ended nor going to. */
  readonly stuck: readonly string[];
  /** Ended otherwise than by the will of its parties. */
  readonly wrong: readonly string[];
  /** An invariant of the books that does not hold. */
  readonly broken: readonly string[];
}

/** What is judged: where its books and its workflows are. */
export interface Judged {
  readonly ownerUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace?: string;
  readonly sites: readonly ChaosSite[];
  /** Orders of which Temporal was put back to before their end: those that have ended on record have no workflow, or one that was ended. */
  readonly withoutWorkflow?: ReadonlySet<string>;
}

/** Compares what the parties were answered with the database, by plain SQL, and with Temporal. */
export async function judgeRun(system: Judged, outcomes: readonly OrderOutcome[]): Promise<Verdict> {
  const [books, workflows] = await Promise.all([booksOf(system), workflowsOf(system)]);
  return {
    lost: outcomes.filter((order) => isLost(order, books, workflowsOrNone(system, books, workflows))).map(nameOf),
    doubled: [
      ...outcomes.filter(({ ids }) => ids.length > 1).map((order) => `${nameOf(order)}: ${order.ids.join(' and ')}`),
      ...strangers(outcomes, books),
      ...onceOnly(books),
    ],
    stuck: outcomes.filter((order) => isStuck(order, books, workflows)).map(nameOf),
    wrong: outcomes.filter((order) => !endedAsWanted(order, books)).map((order) => `${nameOf(order)} ${order.stage}`),
    broken: [
      ...brokenInvariants(books, outcomes),
      ...(system.sites.length > 0 ? await brokenAtSites(system.ownerUrl, system.sites) : []),
    ],
  };
}

/** True when nothing at all is wrong. */
export function isClean(verdict: Verdict): boolean {
  return Object.values(verdict).every((list) => list.length === 0);
}

/** Workflow statuses by order id. */
type Workflows = ReadonlyMap<string, string>;

const ENDED = new Set<string>(ENDED_STAGES);

function isLost({ ids }: OrderOutcome, books: Books, workflows: Workflows): boolean {
  return ids.length === 0 || ids.some((id) => !books.orders.has(id) || !isWell(workflows.get(id)));
}

/** Taken for completed: what ended on record before Temporal was put back. */
function workflowsOrNone({ withoutWorkflow = new Set() }: Judged, books: Books, workflows: Workflows): Workflows {
  const ended = [...withoutWorkflow].filter((id) => ENDED.has(books.orders.get(id)?.stage ?? 'none'));
  return new Map([...workflows, ...ended.map((id) => [id, 'COMPLETED'] as const)]);
}

function isWell(status: string | undefined): boolean {
  return status === 'COMPLETED' || status === 'RUNNING';
}

function isStuck({ ids }: OrderOutcome, books: Books, workflows: Workflows): boolean {
  return ids.some((id) => {
    const stage = books.orders.get(id)?.stage ?? 'none';
    return !ENDED.has(stage) || workflows.get(id) === 'RUNNING';
  });
}

function endedAsWanted({ ids, expected }: OrderOutcome, books: Books): boolean {
  return ids.every((id) => {
    return expected.includes(books.orders.get(id)?.stage ?? 'none');
  });
}

function strangers(outcomes: readonly OrderOutcome[], books: Books): string[] {
  const known = new Set(outcomes.flatMap(({ ids }) => ids));
  return [...books.orders.keys()].filter((id) => !known.has(id)).map((id) => `${id}: no caller knows of this order`);
}

function nameOf({ key, ids, expected }: OrderOutcome): string {
  return `${key} (${ids[0] ?? 'no order'}, ${expected.join(' or ') || 'an answer'})`;
}

async function booksOf({ ownerUrl }: Judged): Promise<Books> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return await readBooks(client);
  } finally {
    await client.end();
  }
}

async function workflowsOf({ temporalAddress, temporalNamespace }: Judged): Promise<Workflows> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const statuses = new Map<string, string>();
    const client = new TemporalClient({ connection, namespace: temporalNamespace });
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = '${ORDER_WORKFLOW}'` })) {
      // Visibility lags; the workflow itself does not.
      const { status } = await client.workflow.getHandle(workflowId).describe();
      statuses.set(workflowId, status.name);
    }
    return statuses;
  } finally {
    await connection.close();
  }
}
