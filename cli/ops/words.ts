import {
  isGrpcDeadlineError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';

/** Reads an order's id. Throws, in words, when it is none. */
export function knownOrderId(id: string): OrderId {
  const orderId = parseOrderId(id);
  if (!orderId) throw new Error(`${id} is no order id: it is order- and 26 characters`);
  return orderId;
}

/** Steps and reasons are short names: a slip of the hand is not taken for an empty list. */
export function plainName(name: string): string {
  if (!/^[\w:.-]{1,200}$/.test(name))
    throw new Error(`${name} is no step or reason: they are made of letters, digits, _ : . -`);
  return name;
}

/** What went wrong in words: a refusal's own, which Temporal hands over as the cause of an error of its own. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name !== 'Error' && error.cause instanceof Error ? error.cause.message : error.message;
}

/** Nobody answered for the order, as when no worker runs. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
}

/** No workflow is there to hear it: it has ended, or never was. */
export function isClosed(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}
