import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, type SignalDefinition, type UpdateDefinition } from '@temporalio/common';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/order.ts';
import { createOrderHealth, type OrderHealth } from '../../platform/order-health/health.ts';
import {
  awaitDecision,
  KEY_REUSED,
  ORDER_WORKFLOW,
  type Answer,
  type Decision,
  type OrderInput,
} from '../../workflows/messages/definitions.ts';
import { resumeOptions, startOptions } from '../../workflows/messages/start-options.ts';
import { createReconciliationRuns, type ReconciliationRuns } from './reconciliation-runs.ts';
import { startedWith } from './started-with.ts';
import { encodeToPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

/** What became of a request: decided, still undecided though its order is safely started, or of another body under its key. */
export type RequestOutcome = Decision | { readonly kind: 'undecided' } | { readonly kind: 'key_reused' };

/** The only place of the API that talks to Temporal. Outages throw what `isOutage` knows. */
export interface OrderGateway {
  /** Starts the order, or finds it started, and waits for its decision as long as the settings say. */
  request(input: OrderInput, requestId: string): Promise<RequestOutcome>;
  /**
   * Sends a running order an update. The same `updateId` again gets the first answer again, unless the order refused the
   * message outright, which leaves no trace. `closed` when its workflow has ended, or never was.
   */
  update<Message>(
    orderId: OrderId,
    update: UpdateDefinition<Answer, [Message]>,
    message: Message,
    updateId: string,
  ): Promise<Answer | 'closed'>;
  /**
   * Leaves a signal for an order; the same `signalId` again leaves no second trace. `closed` when nobody is there to take it
   * any more, `full` when the workflow has taken as many as Temporal lets it.
   */
  signal<Arguments extends unknown[]>(
    orderId: OrderId,
    signal: SignalDefinition<Arguments>,
    args: Arguments,
    signalId: string,
  ): Promise<SignalOutcome>;
  /** Starts an order's workflow again, where none runs. */
  resume(input: OrderInput, requestId: string): Promise<'started' | 'running'>;
  /** The comparisons of the books. */
  readonly reconciliations: ReconciliationRuns;
  /** How Temporal says the orders are. */
  readonly health: OrderHealth;
  /** Throws when Temporal does not answer. */
  ping(): Promise<void>;
}

export interface GatewayOptions {
  readonly client: Client;
  /** How long a POST waits for the decision, in milliseconds. */
  readonly decisionWaitMs: number;
  /** How long every other call may take, in milliseconds. */
  readonly callTimeoutMs?: number;
  /** How long a POST whose wait is over may take beyond it to make sure that its order is safe with Temporal, in milliseconds. */
  readonly certaintyMs?: number;
}

/**
 * A caller whose wait is half over is likely to hear nothing: from then on it is made sure that the order is safe with Temporal, so that
 * 202 comes when the wait is over. A Temporal that has not answered that so long afterwards hangs.
 */
const CERTAINTY_MS = 3_000;

export function createOrderGateway(options: GatewayOptions): OrderGateway {
  const { client, decisionWaitMs, callTimeoutMs = 10_000, certaintyMs = CERTAINTY_MS } = options;
  const bounded = <Result>(timeoutMs: number, call: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + timeoutMs, call);
  const handle = (orderId: OrderId) => client.workflow.getHandle(workflowIdOf(orderId));

  return {
    async request(input, requestId) {
      const makeSure = (timeoutMs: number) => bounded(timeoutMs, () => makeSureItIsStarted(client, input, requestId));
      const sure = laterOn(decisionWaitMs / 2, () => makeSure(decisionWaitMs / 2 + certaintyMs));
      try {
        return await bounded(decisionWaitMs, () => despiteLostTasks(() => startAndAwait(client, input, requestId)));
      } catch (error) {
        if (isKeyReused(error)) return { kind: 'key_reused' };
        if (isClosed(error)) return { kind: 'recorded' };
        if (!isDeadline(error) && !isFull(error)) throw error;
        return await (sure.begun() ?? makeSure(certaintyMs));
      } finally {
        sure.cancel();
      }
    },
    async update(orderId, update, message, updateId) {
      try {
        return await bounded(callTimeoutMs, () =>
          despiteLostTasks(() => handle(orderId).executeUpdate(update, { args: [message], updateId })),
        );
      } catch (error) {
        const refused = refusalOf(error);
        if (refused) return refused;
        if (isClosed(error)) return 'closed';
        throw error;
      }
    },
    signal: (orderId, signal, args, signalId) =>
      bounded(callTimeoutMs, () => sendSignal(client, { orderId, name: signal.name, args, signalId })),
    async resume(input, requestId) {
      try {
        await bounded(callTimeoutMs, () => client.workflow.start(ORDER_WORKFLOW, resumeOptions(input, requestId)));
        return 'started';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'running';
        throw error;
      }
    },
    reconciliations: createReconciliationRuns(client, callTimeoutMs),
    health: createOrderHealth({
      client,
      workflowType: ORDER_WORKFLOW,
      timeoutMs: callTimeoutMs,
    }),
    async ping() {
      await bounded(2_000, () => client.workflowService.getSystemInfo({}));
    },
  };
}

/** Asks after that long, unless it is cancelled before; a failure is for whoever takes the answer, if anybody does. */
function laterOn<Answered>(
  afterMs: number,
  ask: () => Promise<Answered>,
): { begun(): Promise<Answered> | undefined; cancel(): void } {
  let asked: Promise<Answered> | undefined;
  const timer = setTimeout(() => {
    asked = ask();
    asked.catch(() => undefined);
  }, afterMs);
  return { begun: () => asked, cancel: () => clearTimeout(timer) };
}

/**
 * A message that arrives while the order ends fails the workflow task that would have ended it; Temporal then drops the
 * message and says that it was aborted. The order takes it with its next task, under the same id.
 */
async function despiteLostTasks<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isAborted(error)) throw error;
      await sleep(50);
    }
  }
}

async function startAndAwait(client: Client, input: OrderInput, requestId: string): Promise<Decision> {
  const startWorkflowOperation = new WithStartWorkflowOperation(ORDER_WORKFLOW, startOptions(input, requestId));
  // The operation reports the start's error here too; it is the update's error that is answered.
  startWorkflowOperation.workflowHandle().catch(() => undefined);
  return client.workflow.executeUpdateWithStart(awaitDecision, {
    args: [{ requestDigest: input.requestDigest }],
    // Twins with the same body wait for one and the same update.
    updateId: digest(awaitDecision.name, input.requestDigest),
    startWorkflowOperation,
  });
}

/**
 * Nobody has taken the update yet (no worker is online): the order itself must all the same be safe with Temporal. Its first
 * event says which request it is of: the same key may have come with another body before, or with the same. Only of the very request that
 * started it nothing can have been decided, so that it may be put on record as undecided; of a former one the record speaks, if it is there.
 */
async function makeSureItIsStarted(client: Client, input: OrderInput, requestId: string): Promise<RequestOutcome> {
  try {
    await client.workflow.start(ORDER_WORKFLOW, startOptions(input, requestId));
    const { requestDigest, requestedAt } = await startedWith(client, input.orderId);
    if (requestDigest !== input.requestDigest) return { kind: 'key_reused' };
    return { kind: requestedAt === input.requestedAt ? 'undecided' : 'recorded' };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'recorded' };
    throw error;
  }
}

/** What a handler's validator said: too early, too late, or not possible. */
function refusalOf(error: unknown): Answer | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  if (error.cause.type !== 'illegal-transition') return undefined;
  const [stage] = error.cause.details ?? [];
  return { ok: false, problem: 'illegal-transition', detail: error.cause.message, stage: stage as Stage | undefined };
}

function isKeyReused(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === KEY_REUSED
  );
}

function isAborted(error: unknown): boolean {
  return /update was aborted|workflow task/i.test(serverWords(error));
}

/** More requests wait for an answer of this workflow than Temporal keeps: it is started all the same. */
function isFull(error: unknown): boolean {
  return /limit (on|for).*updates|updates.*limit/i.test(serverWords(error));
}

/** What the server itself said, which the SDK hands over as the cause; empty when it was not the server. */
function serverWords(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.details : '';
}

/** The workflow ended before, or while, the message came: whatever became of it is in the order's row. */
function isClosed(error: unknown): boolean {
  return (
    error instanceof WorkflowNotFoundError ||
    error instanceof WorkflowExecutionAlreadyStartedError ||
    error instanceof WorkflowUpdateFailedError
  );
}

function isDeadline(error: unknown): boolean {
  return error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0'), 'utf8').digest('base64url');
}

/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const NOT_FOUND = 5;
/** What the server says of a workflow that has taken as many signals as one may. */
const FULL = /exceeded workflow execution limit for signal/i;

/** `closed`: the workflow has ended; `full`: it has taken as many signals as one may. */
export type SignalOutcome = 'sent' | 'closed' | 'full';

interface OutgoingSignal {
  readonly orderId: OrderId;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly signalId: string;
}

/**
 * Signals under an id of our own, which the SDK's handle does not take: the server passes over an id that the workflow has
 * had before, so that a repetition costs the order neither an event nor a task.
 */
export async function sendSignal(client: Client, signal: OutgoingSignal): Promise<SignalOutcome> {
  const { orderId, name, args, signalId } = signal;
  const payloads = (await encodeToPayloads(client.options.loadedDataConverter, ...args)) ?? [];
  try {
    await client.workflowService.signalWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(orderId) },
      signalName: name,
      input: { payloads },
      identity: client.options.identity,
      requestId: signalId,
    });
    return 'sent';
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return 'closed';
    if (isGrpcServiceError(error) && FULL.test(error.details)) return 'full';
    throw error;
  }
}
