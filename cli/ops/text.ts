import { TRANSMISSIONS } from '../../domain/transmissions.ts';
import { ATTENTION_REASONS, isReason, WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ActivityFailure } from '@temporalio/common';
import { SUMMARY } from '../../workflows/runtime/step-summaries.ts';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';

/** https://grpc.io/docs/guides/status-codes/ */
const FAILED_PRECONDITION = 9;

/** Reads an order's id. Throws, in words, when it is none. */
export function knownOrderId(id: string): OrderId {
  const orderId = parseOrderId(id);
  if (!orderId) throw new Error(`${id} is no order id: it is order- and 26 characters`);
  return orderId;
}

/** What an order can be stuck on that is not one of its steps. */
const OTHER_STEPS = ['delivery', WORKFLOW_STEP];

/** Reads the name of a step. Throws, with the names that there are, when it is none. */
export function knownStep(name: string): string {
  const steps = [...Object.keys(SUMMARY), ...Object.keys(TRANSMISSIONS), ...OTHER_STEPS];
  if (!steps.includes(plainName(name))) throw new Error(`${name} is no step: ${steps.join(', ')}`);
  return name;
}

/** Throws, with the names that there are, when no order can have this reason. */
export function needReason(reason: string): void {
  const [name = ''] = reason.split(':');
  if (!isReason(name)) throw new Error(`${reason} is no reason: ${Object.keys(ATTENTION_REASONS).join(', ')}`);
}

/** Steps and reasons are short names: a mistyped one is an error, not an empty list. */
export function plainName(name: string): string {
  if (!/^[\w:.-]{1,200}$/.test(name))
    throw new Error(`${name} is no step or reason: they are made of letters, digits, _ : . -`);
  return name;
}

/** What is said of an order that is nowhere, with where its id may be found. */
export const NO_SUCH_ORDER = 'there is no such order: `ops stuck` and `ops waiting` list those that are open';

/** `1 order`, `2 orders`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** What went wrong in words: a refusal's own, which Temporal hands over as the cause of an error of its own. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'Error' || !(error.cause instanceof Error)) return error.message;
  return withoutActivity(error.cause).message;
}

/** `Activity task failed` says nothing: what failed in it does. */
function withoutActivity(error: Error): Error {
  return error instanceof ActivityFailure && error.cause instanceof Error ? error.cause : error;
}

/** Temporal takes no message for a workflow whose task has just failed. */
export function isTaskFailing(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && cause.code === FAILED_PRECONDITION;
}

/** Temporal asks no worker, for none has polled of late. */
export function isWithoutPoller(error: unknown): boolean {
  return isGrpcServiceError(error) && error.code === FAILED_PRECONDITION && error.details.includes('no poller');
}

/** Nobody answered for the order, as when no worker runs. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
}

/** No workflow is running to take the message: it has ended, or never was. */
export function isClosed(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}
