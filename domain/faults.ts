import { LedgerRefusal, type LedgerRefusalCode } from './ledger.ts';
import { TRANSMISSION_FAULTS } from './party-messages.ts';

/*
 * The one classifier of faults: what is wrong, from what was thrown. The worker names an order's attention by it
 * (activities/runtime/failures.ts), the API tells an outage from a fault of its own (api/http/outage.ts), and the table in
 * docs/operations.md says what to do.
 */

/** What can be wrong with the database, as short stable words. */
const DATABASE_FAULTS = [
  /** It cannot be reached, ended the connection, or fell silent. */
  'DatabaseUnavailable',
  /** Every connection of this process is in use. */
  'DatabaseBusy',
  /** Somebody else holds the lock on a row that is needed. */
  'DatabaseLocked',
  /** It works on a statement for longer than anybody may wait. */
  'DatabaseSlow',
  /** A standby, or a primary that is one no longer. */
  'DatabaseReadOnly',
  /** Two transactions stood in each other's way. */
  'DatabaseConflict',
  /** No room on its disk or in its memory. */
  'DatabaseFull',
  /** It says no: a rule, a missing right, a statement that it does not understand. */
  'DatabaseRefused',
] as const;
export type DatabaseFault = (typeof DATABASE_FAULTS)[number];

/** Every technical reason for which a step may need somebody: docs/operations.md says of each what to do. */
export const STEP_FAULTS = [
  ...DATABASE_FAULTS,
  /** The step gave no answer and could not say why: its worker died or hung. */
  'TimedOut',
  'NoSigningKeyError',
  /** A key file is missing, cannot be read or is none. */
  'KeysUnavailable',
  'ForgottenError',
  'UnsealableError',
  /** A refund finds the buyer's account closed, or the seller without the money. */
  'AccountNotOpen',
  'FundsLacking',
  'LedgerRefusal',
  /** The record lies behind the workflow: a database that was restored to an older moment. */
  'RecordBehind',
  /** A message to a party's own server has no receipt. */
  ...TRANSMISSION_FAULTS,
  /** Anything else. */
  'StepFailed',
] as const;
export type StepFault = (typeof STEP_FAULTS)[number];

export interface Failure<Fault extends StepFault = StepFault> {
  readonly fault: Fault;
  /** One line, without values. */
  readonly message: string;
}

/** What is wrong, from an error or what lies beneath it; `StepFailed` when it is none of the known faults. */
export function failureOf(error: unknown): Failure {
  return ledgerFailure(error) ?? databaseFailure(error) ?? namedFailure(error);
}

/** What a driver's error, or what lies beneath it, says of the database; `undefined` when it is about something else. */
export function databaseFailure(error: unknown): Failure<DatabaseFault> | undefined {
  for (const cause of causesOf(error)) {
    const fault = databaseFaultOf(cause);
    if (fault) return { fault, message: lineOf(cause) };
  }
  return undefined;
}

/** What the ledger says no to where a refund waits for it: an operator can do something about these. */
const BY_LEDGER_CODE: Partial<Record<LedgerRefusalCode, StepFault>> = {
  account_not_open: 'AccountNotOpen',
  insufficient_funds: 'FundsLacking',
};

function ledgerFailure(error: unknown): Failure | undefined {
  const fault = error instanceof LedgerRefusal ? BY_LEDGER_CODE[error.code] : undefined;
  return fault && { fault, message: firstLineOf(error) };
}

/** Errors of ours carry their fault as their name. */
function namedFailure(error: unknown): Failure {
  const names = new Set(causesOf(error).map((cause) => textOf(cause, 'name')));
  return { fault: STEP_FAULTS.find((fault) => names.has(fault)) ?? 'StepFailed', message: firstLineOf(error) };
}

function firstLineOf(error: unknown): string {
  return (textOf(error, 'message') || String(error)).split('\n')[0] ?? '';
}

/** A conflict after which the same transaction is simply made again. */
export function isConflict(error: unknown): boolean {
  return databaseFailure(error)?.fault === 'DatabaseConflict';
}

/** An error, what caused it, and what it aggregates, a few levels deep. By shape, for an error may be of another realm. */
export function causesOf(error: unknown, depth = 0): object[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [];
  const aggregated: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  const beneath = 'cause' in error ? [error.cause, ...aggregated] : aggregated;
  return [error, ...beneath.flatMap((cause) => causesOf(cause, depth + 1))];
}

/** A text member of an error, such as the `code` of a system's or driver's; empty when it has none. */
export function textOf(error: unknown, member: 'code' | 'constraint' | 'message' | 'name' | 'syscall'): string {
  if (typeof error !== 'object' || error === null) return '';
  const value: unknown = Reflect.get(error, member);
  return typeof value === 'string' ? value : '';
}

/** The longest prefix decides: a whole SQLSTATE, or its class. */
const BY_SQLSTATE: Readonly<Record<string, DatabaseFault>> = {
  '08': 'DatabaseUnavailable',
  '57P': 'DatabaseUnavailable',
  '57014': 'DatabaseSlow',
  '25P03': 'DatabaseSlow',
  '25P04': 'DatabaseSlow',
  '57P05': 'DatabaseUnavailable',
  '58': 'DatabaseUnavailable',
  // Not let in: another password, another name, or the server's places are all taken.
  '28': 'DatabaseUnavailable',
  '3D': 'DatabaseUnavailable',
  '53300': 'DatabaseUnavailable',
  '53': 'DatabaseFull',
  '55P03': 'DatabaseLocked',
  '25006': 'DatabaseReadOnly',
  '40': 'DatabaseConflict',
};

const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/;
const POOL_IS_FULL = /timeout exceeded when trying to connect/i;
const CONNECTION_LOST =
  /connection terminated|connection timeout|timeout expired|not queryable|cannot use a pool|driver has already been destroyed/i;

/** A migration has changed what a statement answers whose plan the connection keeps; made again, it is planned again. */
const PLAN_IS_OUTDATED = /cached plan must not change/;

function databaseFaultOf(error: object): DatabaseFault | undefined {
  if (PLAN_IS_OUTDATED.test(textOf(error, 'message'))) return 'DatabaseConflict';
  const code = textOf(error, 'code');
  if (NETWORK.test(code) || (code === 'ENOENT' && textOf(error, 'syscall') === 'connect')) return 'DatabaseUnavailable';
  if (/^[0-9A-Z]{5}$/.test(code))
    return BY_SQLSTATE[code] ?? BY_SQLSTATE[code.slice(0, 3)] ?? BY_SQLSTATE[code.slice(0, 2)] ?? 'DatabaseRefused';
  const message = textOf(error, 'message');
  if (POOL_IS_FULL.test(message)) return 'DatabaseBusy';
  return CONNECTION_LOST.test(message) ? 'DatabaseUnavailable' : undefined;
}

/** What follows the first line may quote values; in errors about data (class 22) so does what follows the colon. */
function lineOf(error: object): string {
  const [line = ''] = textOf(error, 'message').split('\n');
  const code = textOf(error, 'code');
  const safe = code.startsWith('22') ? (line.split(':')[0] ?? '') : line;
  return /^[0-9A-Z]{5}$/.test(code) ? `${safe} (SQLSTATE ${code})` : safe;
}
