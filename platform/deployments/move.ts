import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import { taskFailure } from '../order-health/task-failures.ts';
import { versionName } from '../order-health/task-queue.ts';

const { PENDING_WORKFLOW_TASK_STATE_STARTED } = proto.temporal.api.enums.v1.PendingWorkflowTaskState;

const LOOK_EVERY_MS = 250;
/** A worker that takes an order over replays its history, which takes it milliseconds. */
const PATIENCE_MS = 30_000;
/** So long a task that goes well may be with a worker before it counts as one that fails. */
const HELD_AFTER_MS = 2_000;
const LOOK_AT_HELD_EVERY_MS = 5_000;
/** The server gives a worker ten seconds for a task, and after many failures ten minutes more. */
const LONGEST_HELD_MS = 11 * 60_000;

export interface Target {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** What came of moving an order: `ended` while it was being moved; otherwise why it stays, and that it does. */
export type Moved = 'moved' | 'ended' | { readonly stays: string };

/**
 * A worker of the former build has the order's failing task: of one that failed before it says nothing to the server, which takes the task
 * back when its time is over, ten minutes at most. The next attempt is the new build's.
 */
export interface Held {
  /** Waits for that. */
  outcome(): Promise<Moved>;
  /** Leaves the order to its former build after all. */
  leave(): Promise<unknown>;
}

/**
 * Gives a running order to another build, which replays its history and is then the one that it is pinned to. A build that cannot
 * replay it does not keep it: the order goes back to the build that it was on. The signal makes the order's next task.
 */
export function moveOrder(client: Client, workflowId: string, target: Target, signal: string): Promise<Moved | Held> {
  return unlessEnded<Moved | Held>(async () => {
    const before = taskOf(await client.workflow.getHandle(workflowId).describe());
    await override(client, workflowId, target);
    await client.workflow.getHandle(workflowId).signal(signal);
    const move = { client, workflowId, target };
    const former = before?.isStarted ? before : undefined;
    const isHeld = former && !(await isReleased(move, former, HELD_AFTER_MS, LOOK_EVERY_MS));
    if (!isHeld) return settled(move, former ? former.attempt + 1 : (before?.attempt ?? 1));
    return {
      outcome: () => unlessEnded(() => onceReleased(move, former)),
      leave: () => unlessEnded(() => override(client, workflowId)),
    };
  });
}

interface Move {
  readonly client: Client;
  readonly workflowId: string;
  readonly target: Target;
}

/** An attempt at the order's next task. */
interface Task {
  readonly attempt: number;
  /** A worker has it. */
  readonly isStarted: boolean;
  /** Tells it from others of that number. */
  readonly since: string;
}

function taskOf({ raw: { pendingWorkflowTask: task } }: WorkflowExecutionDescription): Task | undefined {
  if (!task) return undefined;
  const isStarted = task.state === PENDING_WORKFLOW_TASK_STATE_STARTED;
  return { attempt: task.attempt ?? 1, isStarted, since: JSON.stringify(task.startedTime ?? task.scheduledTime) };
}

/** Whether the attempt that the former build has is over in time. */
async function isReleased({ client, workflowId }: Move, former: Task, withinMs: number, everyMs: number) {
  for (const giveUpAt = Date.now() + withinMs; ; await sleep(everyMs)) {
    const now = taskOf(await client.workflow.getHandle(workflowId).describe());
    if (now?.attempt !== former.attempt || now.since !== former.since) return true;
    if (Date.now() >= giveUpAt) return false;
  }
}

async function onceReleased(move: Move, former: Task): Promise<Moved> {
  if (await isReleased(move, former, LONGEST_HELD_MS, LOOK_AT_HELD_EVERY_MS)) return settled(move, former.attempt + 1);
  await override(move.client, move.workflowId);
  return { stays: 'a worker of its build has it, and does not give it up' };
}

/** Waits until the new build has taken it over, or has failed at the attempt of that number and the one after it. */
async function settled({ client, workflowId, target }: Move, first: number): Promise<Moved> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
    const described = await client.workflow.getHandle(workflowId).describe();
    const { versioningInfo, closeTime } = described.raw.workflowExecutionInfo ?? {};
    if (closeTime) return 'ended';
    if (versionName(versioningInfo?.deploymentVersion) === versionName(target)) return 'moved';
    // One more attempt may just have begun on the former build.
    const isFailing = (taskOf(described)?.attempt ?? 1) > first + 1;
    if (!isFailing && Date.now() < giveUpAt) continue;
    const failure = await taskFailure(client, workflowId);
    await override(client, workflowId);
    return { stays: failure?.message ?? 'no worker took it in time' };
  }
}

async function unlessEnded<Outcome>(move: () => Promise<Outcome>): Promise<Outcome | 'ended'> {
  try {
    return await move();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}

/** For its next task alone; without a target the order goes where it is pinned to. */
async function override(client: Client, workflowId: string, target?: Target): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: target ? { versioningOverride: { oneTime: { targetDeploymentVersion: target } } } : {},
    updateMask: { paths: ['versioning_override'] },
  });
}
