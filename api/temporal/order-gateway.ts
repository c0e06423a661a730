import { createHash } from 'node:crypto';
import {
  isGrpcDeadlineError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { ApplicationFailure, type SignalDefinition, type UpdateDefinition } from '@temporalio/common';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import { searchKeys, taskQueues } from '../../temporal.config.ts';
import {
  awaitDecision,
  ORDER_WORKFLOW,
  type Answer,
  type Decision,
  type OrderInput,
} from '../../workflows/messages.ts';
import { listAttention, type AttentionPage } from './attention-list.ts';

/** What became of a request: decided, or still undecided though its order is safely started. */
export type RequestOutcome = Decision | { readonly kind: 'undecided' };

/** The only place of the API that talks to Temporal. Outages throw what `isOutage` knows. */
export interface OrderGateway {
  /** Starts the order, or finds it started, and waits for its decision as long as the settings say. */
  request(input: OrderInput, requestId: string): Promise<RequestOutcome>;
  /**
   * Tells a running order something. The same `updateId` again gets the first answer again, unless the order refused the
   * message outright, which leaves no trace. `closed` when its workflow has ended, or never was.
   */
  tell<Message>(
    orderId: OrderId,
    update: UpdateDefinition<Answer, [Message]>,
    message: Message,
    updateId: string,
  ): Promise<Answer | 'closed'>;
  /** Leaves a signal for an order; `closed` when nobody is there to take it any more. */
  signal<Message>(orderId: OrderId, signal: SignalDefinition<[Message]>, message: Message): Promise<'sent' | 'closed'>;
  /** The orders that need a person, from visibility alone. */
  attention(limit: number, offset: number): Promise<AttentionPage>;
  /** Throws when Temporal does not answer. */
  ping(): Promise<void>;
}

export interface GatewayOptions {
  readonly client: Client;
  /** How long a POST waits for the decision, in milliseconds. */
  readonly decisionWaitMs: number;
  /** How long every other call may take, in milliseconds. */
  readonly callTimeoutMs?: number;
}

export function createOrderGateway({ client, decisionWaitMs, callTimeoutMs = 10_000 }: GatewayOptions): OrderGateway {
  const bounded = <Result>(timeoutMs: number, call: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + timeoutMs, call);
  const handle = (orderId: OrderId) => client.workflow.getHandle(workflowIdOf(orderId));

  return {
    async request(input, requestId) {
      try {
        return await bounded(decisionWaitMs, () => startAndAwait(client, input, requestId));
      } catch (error) {
        if (isClosed(error)) return { kind: 'recorded' };
        if (!isDeadline(error)) throw error;
        return bounded(callTimeoutMs, () => makeSureItIsStarted(client, input, requestId));
      }
    },
    async tell(orderId, update, message, updateId) {
      try {
        return await bounded(callTimeoutMs, () => handle(orderId).executeUpdate(update, { args: [message], updateId }));
      } catch (error) {
        const refused = refusalOf(error);
        if (refused) return refused;
        if (isClosed(error)) return 'closed';
        throw error;
      }
    },
    async signal(orderId, signal, message) {
      try {
        await bounded(callTimeoutMs, () => handle(orderId).signal(signal, message));
        return 'sent';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        throw error;
      }
    },
    attention: (limit, offset) => bounded(callTimeoutMs, () => listAttention(client, limit, offset)),
    async ping() {
      await bounded(2_000, () => client.workflowService.getSystemInfo({}));
    },
  };
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

/** Nobody has taken the update yet (no worker is online): the order itself must all the same be safe with Temporal. */
async function makeSureItIsStarted(client: Client, input: OrderInput, requestId: string): Promise<RequestOutcome> {
  try {
    await client.workflow.start(ORDER_WORKFLOW, startOptions(input, requestId));
    return { kind: 'undecided' };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'recorded' };
    throw error;
  }
}

function startOptions(input: OrderInput, requestId: string) {
  return {
    workflowId: workflowIdOf(input.orderId),
    taskQueue: taskQueues.orders,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    memo: { requestId },
    // From its first moment an order can be found by who takes part, also while its first step is stuck.
    typedSearchAttributes: [
      { key: searchKeys.stage, value: 'requested' },
      { key: searchKeys.sellerId, value: input.sellerId },
      { key: searchKeys.distributorId, value: input.distributorId },
    ],
    staticSummary: `from ${input.sellerId}, brought by ${input.distributorId}`,
    staticDetails: detailsOf(input),
  } as const satisfies WorkflowStartOptions;
}

/** What stays true of an order, as the Temporal UI shows it. Where it stands is on the card beside it. No personal data. */
function detailsOf({ sellerId, distributorId, lines, settleOn }: OrderInput): string {
  const goods = lines.slice(0, 5).map(({ sku, quantity }) => `${quantity} × ${sku}`);
  if (lines.length > goods.length) goods.push(`${lines.length - goods.length} more`);
  return `**${goods.join(', ')}** from ${sellerId}, brought by ${distributorId}; the seller is paid on ${settleOn}.`;
}

/** What a handler’s validator said: too early, too late, or not possible. */
function refusalOf(error: unknown): Answer | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  if (error.cause.type !== 'illegal-transition') return undefined;
  return { ok: false, problem: 'illegal-transition', detail: error.cause.message };
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
