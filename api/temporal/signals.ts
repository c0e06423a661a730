import { isGrpcServiceError, type Client } from '@temporalio/client';
import { encodeToPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';

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
