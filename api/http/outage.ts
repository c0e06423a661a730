import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  ServiceError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { causesOf, failureOf, type StepFault } from '../../domain/faults.ts';
import { TokenIssuerError } from '../auth/token-refusals.ts';

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
  if (causes.some(isTemporalOutage)) return { of: 'temporal', detail: temporalDetail(causes) };
  return OUTAGES[failureOf(error).fault];
}

export function isOutage(error: unknown): boolean {
  return outageOf(error) !== undefined;
}

const ISSUER: Outage = { of: 'token_issuer', detail: 'The issuer of access tokens cannot be reached just now.' };
const KEYS: Outage = { of: 'keys', detail: 'The service cannot read its keys just now.' };

function ofDatabase(detail: string): Outage {
  return { of: 'database', detail };
}

/** Which faults are outages. Every other one, such as a statement that the database refuses, is a fault of ours. */
const OUTAGES: Readonly<Record<StepFault, Outage | undefined>> = {
  DatabaseUnavailable: ofDatabase('The database cannot be reached just now.'),
  DatabaseBusy: ofDatabase('Every connection to the database is in use just now.'),
  DatabaseLocked: ofDatabase('Something that this request needs in the database is locked just now.'),
  DatabaseSlow: ofDatabase('The database takes too long to answer just now.'),
  DatabaseReadOnly: ofDatabase('The database takes no changes just now.'),
  DatabaseConflict: ofDatabase('The database has too many requests for the same thing just now.'),
  DatabaseFull: ofDatabase('The database has no room just now.'),
  DatabaseRefused: undefined,
  KeysUnavailable: KEYS,
  NoSigningKeyError: KEYS,
  ForgottenError: undefined,
  UnsealableError: undefined,
  AccountNotOpen: undefined,
  FundsLacking: undefined,
  LedgerRefusal: undefined,
  RecordBehind: undefined,
  SiteUnreachable: undefined,
  SiteForbidden: undefined,
  SiteKeysUnavailable: undefined,
  BadReceipt: undefined,
  NotValidated: undefined,
  OutsideService: undefined,
  TimedOut: undefined,
  StepFailed: undefined,
};

function isTemporalOutage(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof ServiceError ||
    isGrpcServiceError(error)
  );
}

/** Of the gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const RESOURCE_EXHAUSTED = 8;

/** A Temporal that is only busy, or hangs, is there: who reads it does not look for an address. */
function temporalDetail(causes: readonly unknown[]): string {
  if (causes.some((cause) => isGrpcServiceError(cause) && cause.code === RESOURCE_EXHAUSTED))
    return 'Temporal has too many requests just now.';
  if (causes.some((cause) => isGrpcDeadlineError(cause) || cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError))
    return 'Temporal takes too long to answer just now.';
  return 'Temporal cannot be reached just now.';
}
