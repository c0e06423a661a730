import type { Client } from '@temporalio/client';
import { reasonKind, WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import {
  type OrderNeedingAttention,
  ordersNeedingAttention,
  rowsNeedingAttention,
  withTrueCause,
} from '../../office/attention/index.ts';
import { isClosedReason } from '../../platform/order-health/findings.ts';
import { troublesOf } from '../../platform/order-health/health.ts';
import { taskQueues } from '../../temporal.config.ts';
import { state } from '../../workflows/messages/definitions.ts';
import { needBooks, type Connections } from './connections.ts';
import { counted, knownStep, needReason, plainName } from './text.ts';
import { needParty } from './waiting.ts';

/** An order that needs a person. */
export interface StuckOrder {
  readonly id: string;
  readonly stage: string;
  readonly step: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  /** Whom it waits for. */
  readonly waitingOn: string;
}

export interface StuckFilter {
  /** One order. */
  readonly id?: string;
  readonly step?: string;
  /** A reason, or its name without what follows the colon. */
  readonly reason?: string;
  /** The party that they wait for. */
  readonly party?: string;
}

export interface Stuck {
  /** Who polls the task queue, and what cannot be reached: for people, first of all. */
  readonly notes: readonly string[];
  readonly orders: readonly StuckOrder[];
  /** What could not be looked at: an empty list then proves nothing. */
  readonly unchecked?: string;
}

const WITHOUT_TEMPORAL =
  'Temporal could not be asked: orders whose version no worker runs, or whose workflow fails or is gone, are not in this list.';
const WITHOUT_BOOKS =
  'The database could not be asked: orders whose workflow was deleted, and reports after the end, are not in this list.';

/** How many orders are asked for more than the lists hold: each costs a call. */
const MOST_ASKED = 100;
const ASK_TIMEOUT_MS = 5_000;

/** Lists every order that needs a person, the longest stuck first, from Temporal and the books, whichever answers. */
export async function listStuck(connections: Connections, filter: StuckFilter = {}): Promise<Stuck> {
  const found = await lookForStuck(connections, filter);
  const { party, reason } = filter;
  // Steps that fail in ways of their own show names that stand in no table.
  if (reason !== undefined && found.orders.length === 0) needReason(reason);
  if (party === undefined) return found;
  // Without the books only the order itself says whom it waits for, so this is looked at last.
  const orders = found.orders.filter(({ waitingOn }) => waitingOn === party);
  if (orders.length === 0 && connections.books) await needParty(connections.books.em.fork(), party);
  return { ...found, orders };
}

async function lookForStuck(connections: Connections, filter: StuckFilter): Promise<Stuck> {
  const { temporal, books, notes } = connections;
  const { reason, ...place } = filter;
  const isThere = matching(place);
  const isWanted = matching({ reason });
  if (!temporal) {
    const listed = (await rowsNeedingAttention(needBooks(connections).em.fork())).filter(isThere);
    return { notes, orders: listed.filter(isWanted).map(stuckOrder), unchecked: WITHOUT_TEMPORAL };
  }
  const { client, health } = temporal;
  const queues = await health.queues();
  const found = (await ordersNeedingAttention(health, books?.em.fork())).filter(isThere);
  // Those first that say the reason themselves; of the others some may show it.
  const asked = new Set([...new Set([...found.filter(isWanted), ...found])].slice(0, MOST_ASKED));
  const shown = await Promise.all(
    found.map(async (order) => ({
      listed: order,
      order: asked.has(order) ? await withTrueCause(health, order) : order,
    })),
  );
  const wanted = shown.filter(({ listed, order }) => isWanted(listed) || isWanted(order)).map(({ order }) => order);
  const orders = wanted.map(stuckOrder);
  const well = queues.filter(({ queue, ok }) => ok && queue === taskQueues.orders).map(({ detail }) => detail);
  return {
    notes: [
      ...[...well, ...queues.flatMap(troublesOf)].map(sentence),
      ...notes,
      ...(books ? [] : endedUnusually(wanted)),
    ],
    ...(!books && { unchecked: WITHOUT_BOOKS }),
    // Without the books only the order itself knows how far it is and whom it waits for.
    orders: books || well.length === 0 ? orders : await askOrders(client, orders),
  };
}

/** An operator may have ended an order whose workflow was terminated: only its row says so. */
function endedUnusually(found: readonly OrderNeedingAttention[]): string[] {
  const ended = found.filter(({ attention }) => isClosedReason(attention.reason)).length;
  if (ended === 0) return [];
  return [
    `${counted(ended, 'workflow')} ended unusually; whether their orders are still open only the database can say.`,
  ];
}

function matching(filter: StuckFilter): (order: OrderNeedingAttention) => boolean {
  const wantedStep = filter.step && knownStep(filter.step);
  const wantedReason = filter.reason && plainName(filter.reason);
  return ({ id, attention: { step, reason } }) =>
    (filter.id === undefined || id === filter.id) &&
    (wantedStep === undefined || step === wantedStep) &&
    (wantedReason === undefined || [reason, reasonKind(reason)].includes(wantedReason));
}

function stuckOrder({ id, stage, attention: { step, reason, since, waitingOn } }: OrderNeedingAttention): StuckOrder {
  return { id, stage, step, reason, since, waitingOn };
}

async function askOrders(client: Client, orders: readonly StuckOrder[]): Promise<StuckOrder[]> {
  const asked = await Promise.all(orders.slice(0, MOST_ASKED).map((order) => askOrder(client, order)));
  return [...asked, ...orders.slice(MOST_ASKED)];
}

async function askOrder(client: Client, order: StuckOrder): Promise<StuckOrder> {
  if (order.step === WORKFLOW_STEP) return order;
  try {
    const said = await client.withDeadline(Date.now() + ASK_TIMEOUT_MS, () =>
      client.workflow.getHandle(order.id).query(state),
    );
    return { ...order, stage: said.stage, waitingOn: said.attention?.waitingOn ?? said.waitingOn ?? order.waitingOn };
  } catch {
    // A question needs a worker that answers. Without one the list is all the more wanted.
    return order;
  }
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
