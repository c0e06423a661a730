import { randomUUID } from 'node:crypto';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { parseOrderId, workflowIdOf, type OrderId } from '../domain/ids.ts';
import { reconciliation, searchKeys, taskQueues } from '../temporal.config.ts';
import { intervene, ORDER_WORKFLOW, state, type InterveneMessage } from '../workflows/messages.ts';
import {
  RECONCILIATION_WORKFLOW,
  type ReconciliationResult,
  type ReconciliationWorkflow,
} from '../workflows/reconciliation.ts';

/** An order that needs a person. */
export interface StuckOrder {
  readonly id: string;
  readonly stage: string;
  readonly step: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  /** Whom it waits for; `unknown` while no worker answers. */
  readonly waitingOn: string;
}

export interface StuckFilter {
  readonly step?: string;
  readonly reason?: string;
}

const ASK_TIMEOUT_MS = 5_000;

/** Lists the stuck orders by one visibility query, the longest stuck first. Needs neither the database nor the API. */
export async function listStuck(client: Client, filter: StuckFilter = {}): Promise<StuckOrder[]> {
  const found: StuckOrder[] = [];
  for await (const execution of client.workflow.list({ query: stuckQuery(filter) })) {
    found.push(await stuckOrder(client, execution));
  }
  return found.toSorted((one, other) => one.since.localeCompare(other.since));
}

/** The query that finds them, as one may type it into the Temporal UI. */
export function stuckQuery({ step, reason }: StuckFilter = {}): string {
  return [
    `WorkflowType = '${ORDER_WORKFLOW}'`,
    `ExecutionStatus = 'Running'`,
    step === undefined ? 'AttentionStep is not null' : `AttentionStep = '${plain(step)}'`,
    ...(reason === undefined ? [] : [`AttentionReason = '${plain(reason)}'`]),
  ].join(' and ');
}

/** Steps and reasons are short names: nothing else gets into a query. */
function plain(name: string): string {
  if (!/^[\w:.-]{1,100}$/.test(name))
    throw new Error(`${name} is no step or reason: they are made of letters, digits, _ : . -`);
  return name;
}

async function stuckOrder(client: Client, execution: WorkflowExecutionInfo): Promise<StuckOrder> {
  const { workflowId: id, typedSearchAttributes: attributes, startTime } = execution;
  const asked = await readState(client, id);
  return {
    id,
    // The attribute is as old as the last wait; the order itself knows better.
    stage: asked?.stage ?? attributes.get(searchKeys.stage) ?? 'requested',
    step: attributes.get(searchKeys.attentionStep) ?? 'unknown',
    reason: attributes.get(searchKeys.attentionReason) ?? 'unknown',
    since: (attributes.get(searchKeys.attentionSince) ?? startTime).toISOString(),
    waitingOn: asked?.attention?.waitingOn ?? asked?.waitingOn ?? 'unknown',
  };
}

async function readState(client: Client, id: string) {
  try {
    return await client.withDeadline(Date.now() + ASK_TIMEOUT_MS, () => client.workflow.getHandle(id).query(state));
  } catch {
    // A query needs a worker. Without one the list is all the more wanted.
    return undefined;
  }
}

export interface Decision extends Omit<InterveneMessage, 'actor'> {
  /** Who is on record for it. */
  readonly actor: string;
}

/** Intervenes in one order. Resolves with what the order says; throws when it refuses, with its words. */
export async function interveneIn(client: Client, id: string, decision: Decision): Promise<string> {
  const handle = client.workflow.getHandle(workflowIdOf(knownOrderId(id)));
  const answer = await handle.executeUpdate(intervene, { args: [decision] });
  if (!answer.ok) throw new Error(answer.detail);
  return `${id}: ${decision.action} taken, now ${answer.stage}`;
}

export interface BatchLine {
  readonly id: string;
  readonly outcome: string;
  readonly done: boolean;
}

/** Retries every order that is stuck on one step; with `dryRun` it only says which. One that refuses stops nobody. */
export async function retryAll(
  client: Client,
  filter: StuckFilter & { readonly step: string },
  how: { readonly actor: string; readonly why: string; readonly dryRun?: boolean },
): Promise<BatchLine[]> {
  const lines: BatchLine[] = [];
  for (const { id, stage, reason } of await listStuck(client, filter)) {
    if (how.dryRun) {
      lines.push({ id, outcome: `would be retried (${stage}, ${reason})`, done: true });
      continue;
    }
    lines.push(await retryOne(client, id, how));
  }
  return lines;
}

async function retryOne(client: Client, id: string, how: { actor: string; why: string }): Promise<BatchLine> {
  try {
    await interveneIn(client, id, { action: 'retry', reason: how.why, actor: how.actor });
    return { id, outcome: 'is tried again', done: true };
  } catch (error) {
    return { id, outcome: messageOf(error), done: false };
  }
}

/** The order's state and its card, from the workflow itself. */
export async function showOrder(client: Client, id: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowIdOf(knownOrderId(id)));
  const [{ status, startTime }, now, metadata] = await Promise.all([
    handle.describe(),
    handle.query(state),
    handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata'),
  ]);
  return [
    `${id}: ${now.stage} (workflow ${status.name}, since ${startTime.toISOString()})`,
    `waiting on: ${now.waitingOn ?? now.attention?.waitingOn ?? 'nobody'}`,
    '',
    metadata.currentDetails ?? '(no card)',
  ].join('\n');
}

/** Has a worker compare the books now, beside the schedule, and waits for what it finds. */
export function reconcileNow(client: Client): Promise<ReconciliationResult> {
  return client.workflow.execute<typeof ReconciliationWorkflow>(RECONCILIATION_WORKFLOW, {
    workflowId: `${reconciliation.scheduleId}-${randomUUID()}`,
    taskQueue: taskQueues.orders,
    args: [{}],
  });
}

function knownOrderId(id: string): OrderId {
  const orderId = parseOrderId(id);
  if (!orderId) throw new Error(`${id} is no order id: it is order- and 26 characters`);
  return orderId;
}

/** What went wrong in words: a refusal's own, which Temporal hands over as the cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
