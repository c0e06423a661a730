import { isGrpcServiceError, ServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { errors as joseErrors } from 'jose';

/** True when something that the service needs cannot be reached: worth repeating, and nobody’s request was wrong. */
export function isOutage(error: unknown): boolean {
  return causes(error).some(
    (cause) => isTemporalOutage(cause) || isDatabaseOutage(cause) || cause instanceof joseErrors.JWKSTimeout,
  );
}

function isTemporalOutage(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof ServiceError ||
    isGrpcServiceError(error)
  );
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENOENT',
]);
/** PostgreSQL’s classes 08 connection, 53 resources, 57 operator intervention, and 40 serialisation and deadlock. */
const SQLSTATE = /^(08|53|57|40)[0-9A-Z]{3}$/;
const DRIVER = /connection terminated|timeout exceeded when trying to connect|connection timeout|cannot use a pool/i;

function isDatabaseOutage(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return NETWORK.has(code) || SQLSTATE.test(code) || DRIVER.test(messageOf(error));
}

/** The `code` of a system or driver error. Told by shape: an error may come from another realm, e.g. a test runner’s. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return typeof error.message === 'string' ? error.message : '';
}

/** An error, what caused it, and what those gathered, a few levels deep. */
function causes(error: unknown, depth = 0): unknown[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [];
  const gathered: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  const beneath = 'cause' in error ? [error.cause, ...gathered] : gathered;
  return [error, ...beneath.flatMap((cause) => causes(cause, depth + 1))];
}
