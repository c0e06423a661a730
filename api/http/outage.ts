import { isGrpcServiceError, ServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { causesOf, databaseFailure, type DatabaseFault } from '../../domain/faults.ts';
import { NoSigningKeyError } from '../../office/checks/key-ring.ts';
import { KeysUnavailable } from '../../platform/key-files.ts';
import { TokenIssuerError } from '../auth/tokens.ts';

/** Something that the service needs and cannot have just now: worth repeating, and nobody's request was wrong. */
export interface Outage {
  readonly of: 'database' | 'temporal' | 'token_issuer' | 'keys';
  /** For the caller: what is away, and nothing of where it stands. */
  readonly detail: string;
}

/** What cannot be had; `undefined` when the error is about something else. */
export function outageOf(error: unknown): Outage | undefined {
  const causes = causesOf(error);
  if (causes.some((cause) => cause instanceof TokenIssuerError)) return ISSUER;
  if (causes.some(isKeyFault)) return KEYS;
  if (causes.some(isTemporalOutage)) return TEMPORAL;
  const fault = databaseFailure(error)?.fault;
  const detail = fault && DATABASE[fault];
  return detail ? { of: 'database', detail } : undefined;
}

export function isOutage(error: unknown): boolean {
  return outageOf(error) !== undefined;
}

const ISSUER: Outage = { of: 'token_issuer', detail: 'The issuer of access tokens cannot be reached just now.' };
const KEYS: Outage = { of: 'keys', detail: 'The service cannot read its keys just now.' };
const TEMPORAL: Outage = { of: 'temporal', detail: 'Temporal cannot be reached just now.' };

/** A statement that the database refuses is a fault of ours, not an outage. */
const DATABASE: Readonly<Record<DatabaseFault, string | undefined>> = {
  DatabaseUnavailable: 'The database cannot be reached just now.',
  DatabaseBusy: 'Every connection to the database is in use just now.',
  DatabaseLocked: 'Something that this request needs in the database is locked just now.',
  DatabaseSlow: 'The database takes too long to answer just now.',
  DatabaseReadOnly: 'The database takes no changes just now.',
  DatabaseConflict: 'The database has too many requests for the same thing just now.',
  DatabaseFull: 'The database has no room just now.',
  DatabaseRefused: undefined,
};

function isKeyFault(error: unknown): boolean {
  return error instanceof KeysUnavailable || error instanceof NoSigningKeyError;
}

function isTemporalOutage(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof ServiceError ||
    isGrpcServiceError(error)
  );
}
