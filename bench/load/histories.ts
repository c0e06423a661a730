import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { mean } from '../report/statistics.ts';

/** What one order leaves in Temporal, means over a sample of orders. */
export interface HistoryCounts {
  readonly workflowTasks: number;
  readonly events: number;
  readonly bytes: number;
  /** What Temporal Cloud would bill (https://docs.temporal.io/cloud/actions), estimated from the history as its own UI does. */
  readonly actions: number;
}

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

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
    actions: mean(counts.map(({ actions }) => actions)),
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
    actions: actionsIn(events ?? []),
  };
}

/** One each: the start, an update, a signal, a timer, an upsert, an attempt of an activity. Local activities: one a workflow task. */
function actionsIn(events: readonly HistoryEvent[]): number {
  const each = events.filter(
    (event) =>
      event.workflowExecutionStartedEventAttributes ??
      event.workflowExecutionUpdateAcceptedEventAttributes ??
      event.workflowExecutionSignaledEventAttributes ??
      event.timerStartedEventAttributes ??
      event.upsertWorkflowSearchAttributesEventAttributes,
  );
  const attempts = events.reduce((sum, event) => sum + (event.activityTaskStartedEventAttributes?.attempt ?? 0), 0);
  const tasks = events.map((event) => String(event.markerRecordedEventAttributes?.workflowTaskCompletedEventId ?? ''));
  return each.length + attempts + new Set(tasks.filter((task) => task !== '')).size;
}
