import type { EntityManager } from '@mikro-orm/postgresql';
import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import { STAGES } from '../../domain/order.ts';
import {
  type WaitingFilter,
  type WaitingOrder,
  type WaitingStage,
  isParty,
  WAITING_STAGES,
  waitingOrders,
} from '../../office/attention/index.ts';
import { readSearchAttributes } from '../../platform/temporal-search-attributes.ts';
import { ORDER_WORKFLOW, state } from '../../workflows/messages/definitions.ts';
import { needTemporal, type Connections } from './connections.ts';

/** How many orders are asked one by one while the books cannot be read. */
const MOST_ASKED = 100;
const ASK_TIMEOUT_MS = 5_000;

/** Reads a stage in which orders wait. Throws, in words, for any other. */
export function waitingStage(stage: string): WaitingStage {
  const known = WAITING_STAGES.find((one) => one === stage);
  if (!known) throw new Error(`${stage} is no stage in which an order waits for a party: ${WAITING_STAGES.join(', ')}`);
  return known;
}

/** Lists what waits for a party: from the books, or from the orders themselves while the books cannot be read. */
export async function listWaiting(connections: Connections, filter: WaitingFilter): Promise<WaitingOrder[]> {
  if (connections.books) return waitingOnRecord(connections.books.em.fork(), filter);
  return waitingByQuery(needTemporal(connections).client, filter);
}

/** A mistyped party id is an error, not an empty list. */
export async function needParty(em: EntityManager, party: string): Promise<void> {
  if (!(await isParty(em, party)))
    throw new Error(`${party} is no party: no account, seller or distributor has this id`);
}

async function waitingOnRecord(em: EntityManager, filter: WaitingFilter): Promise<WaitingOrder[]> {
  const orders = await waitingOrders(em, filter);
  const { party } = filter;
  if (orders.length === 0 && party !== undefined) await needParty(em, party);
  return orders;
}

/** What could not be looked at: an empty list then proves nothing. */
export function uncheckedPart({ books }: Connections): string | undefined {
  if (books) return undefined;
  return 'The database could not be asked: only the orders that Temporal lists, and that answered for themselves, are in this list.';
}

async function waitingByQuery(client: Client, { party, stage, all }: WaitingFilter): Promise<WaitingOrder[]> {
  const stages = stage === undefined ? WAITING_STAGES : [stage];
  const query = [
    `WorkflowType = '${ORDER_WORKFLOW}' and ExecutionStatus = 'Running' and AttentionStep is null`,
    `OrderStage in (${stages.map((one) => `'${one}'`).join(', ')})`,
    ...(all ? [] : [`(DeliveryDue is null or DeliveryDue < '${new Date().toISOString()}')`]),
  ].join(' and ');
  const asked: Promise<WaitingOrder | undefined>[] = [];
  for await (const execution of client.workflow.list({ query })) {
    if (asked.length === MOST_ASKED) break;
    asked.push(askOrder(client, execution.workflowId, readSearchAttributes(execution).stage));
  }
  const answers = await Promise.all(asked);
  return answers
    .filter((order) => order !== undefined && (party === undefined || order.waitingFor === party))
    .filter((order) => order !== undefined)
    .toSorted((one, other) => Number(one.since) - Number(other.since));
}

/** The last thing in its history is when the wait began. */
async function askOrder(client: Client, id: string, stage: string | undefined): Promise<WaitingOrder | undefined> {
  const [said, history] = await client.withDeadline(Date.now() + ASK_TIMEOUT_MS, () =>
    Promise.all([
      client.workflow
        .getHandle(id)
        .query(state)
        .catch(() => undefined),
      client.workflowService.getWorkflowExecutionHistoryReverse({
        namespace: client.options.namespace,
        execution: { workflowId: id },
        maximumPageSize: 1,
      }),
    ]),
  );
  const since = optionalTsToDate(history.history?.events?.[0]?.eventTime) ?? new Date();
  const known = said?.stage ?? STAGES.find((one) => one === stage) ?? 'requested';
  const waitingFor = said ? said.waitingOn : 'unknown: no worker answers';
  return waitingFor === null ? undefined : { id, stage: known, waitingFor, what: '', since };
}
