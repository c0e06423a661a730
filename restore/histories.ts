import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { checkNumberOf, workflowIdOf, type OrderId } from '../domain/ids.ts';
import { ifThere } from '../platform/if-there.ts';
import { type CancelMessage, stopUpdateId } from '../workflows/messages/definitions.ts';
import type { OrderStart } from '../workflows/runtime/carried-state.ts';

/** One run of an order's workflow, as Temporal keeps it. */
export interface OrderRun {
  readonly orderId: OrderId;
  readonly runId: string;
  /** Temporal's own name: `RUNNING`, `TERMINATED`, … */
  readonly status: string;
  readonly input: OrderStart;
  readonly history: History;
  /** How many events it had. */
  readonly events: number;
  /** The check was stopped, and the workflow was told so: who did it, and why. */
  readonly stop?: CancelMessage;
}

/** Every run of an order's workflow that Temporal still has, the oldest first, each with its history. A restored list may name some that are gone. */
export async function runsOf(client: Client, orderId: OrderId): Promise<OrderRun[]> {
  const workflowId = workflowIdOf(orderId);
  const found = new Map<string, ListedRun>();
  for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) found.set(run.runId, run);
  // The list lags; the latest run is asked itself.
  const latest: ListedRun | undefined = await ifThere(() => client.workflow.getHandle(workflowId).describe());
  if (latest) found.set(latest.runId, latest);
  const runs = [...found.values()].toSorted((one, other) => Number(one.startTime) - Number(other.startTime));
  const read = await Promise.all(runs.map((run) => ifThere(() => readRun(client, orderId, run))));
  return read.filter((run) => run !== undefined);
}

type ListedRun = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'startTime' | 'status'>;

async function readRun(client: Client, orderId: OrderId, run: ListedRun): Promise<OrderRun> {
  const { workflowId, runId } = run;
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const [first] = history.events ?? [];
  const payloads = first?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const input = await decodeFromPayloadsAtIndex<OrderStart>(client.options.loadedDataConverter, 0, payloads);
  const stop = await stopIn(client, orderId, history);
  return { orderId, runId, status: run.status.name, input, history, events: history.events?.length ?? 0, stop };
}

/** Whoever stops a check does so beside the workflow first, and cancels the order with an update that has the id of the stop. */
async function stopIn(client: Client, orderId: OrderId, { events }: History): Promise<CancelMessage | undefined> {
  const stopId = stopUpdateId(checkNumberOf(orderId));
  const accepted = events?.map((event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest);
  const update = accepted?.find((request) => request?.meta?.updateId === stopId);
  if (!update) return undefined;
  return decodeFromPayloadsAtIndex<CancelMessage>(client.options.loadedDataConverter, 0, update.input?.args?.payloads);
}
