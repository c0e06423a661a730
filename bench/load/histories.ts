import type { Client } from '@temporalio/client';
import { mean } from '../report/statistics.ts';

/** What one order leaves in Temporal, means over a sample of orders. */
export interface HistoryCounts {
  readonly workflowTasks: number;
  readonly events: number;
  readonly bytes: number;
}

const SAMPLE = 20;

/** Fetches the histories of some of the workflows and counts. */
export async function countHistories(client: Client, workflowIds: readonly string[]): Promise<HistoryCounts> {
  const step = Math.max(1, Math.floor(workflowIds.length / SAMPLE));
  const sample = workflowIds.filter((_, index) => index % step === 0).slice(0, SAMPLE);
  const counts = await Promise.all(sample.map((workflowId) => countHistory(client, workflowId)));
  return {
    workflowTasks: mean(counts.map(({ workflowTasks }) => workflowTasks)),
    events: mean(counts.map(({ events }) => events)),
    bytes: mean(counts.map(({ bytes }) => bytes)),
  };
}

/** A workflow task that was tried twice counts twice: what is counted is when one was handed to a worker. */
export async function countHistory(client: Client, workflowId: string): Promise<HistoryCounts> {
  const handle = client.workflow.getHandle(workflowId);
  const [{ events }, { raw }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  return {
    workflowTasks: events?.filter((event) => event.workflowTaskStartedEventAttributes).length ?? 0,
    events: events?.length ?? 0,
    bytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0),
  };
}
