import { LedgerRefusal, type LedgerRefusalCode } from '../../domain/ledger.ts';

/**
 * The SQLSTATEs with which the ledger's triggers refuse (class CS, migrations/0002), and the constraints that stand
 * behind them. 23503 is an account that does not exist.
 */
const REFUSAL_OF_SQLSTATE: Readonly<Record<string, LedgerRefusalCode>> = {
  CS001: 'insufficient_funds',
  CS002: 'account_not_open',
  CS003: 'hold_not_open',
  CS004: 'rule',
  CS005: 'rule',
  '23503': 'account_not_open',
  '23514': 'rule',
};

/** Turns a driver error that carries a business no into a `LedgerRefusal`; any other error stays what it was. */
function asLedgerRefusal(error: unknown): unknown {
  const { code, constraint } = driverFacts(error);
  if (code === undefined) return error;
  const detail = error instanceof Error ? error.message : String(error);
  if (code === '23505') {
    if (constraint !== 'transfers_hold_resolved_once') return error;
    return new LedgerRefusal('hold_not_open', 'the hold has been resolved before', { cause: error });
  }
  const refusal = REFUSAL_OF_SQLSTATE[code];
  return refusal === undefined ? error : new LedgerRefusal(refusal, detail, { cause: error });
}

/** Awaits a statement and throws its business no as a `LedgerRefusal`. */
export async function refusing<Result>(statement: Promise<Result>): Promise<Result> {
  try {
    return await statement;
  } catch (error) {
    throw asLedgerRefusal(error);
  }
}

/**
 * Awaits a transaction. A business no of the ledger, which has ended the transaction, is answered by what `answer` makes of
 * it; what it leaves `undefined` is a fault and thrown on.
 */
export async function orRefusal<Result, No>(
  transaction: Promise<Result>,
  answer: (refusal: LedgerRefusal) => No | undefined,
): Promise<Result | No> {
  try {
    return await transaction;
  } catch (error) {
    const refusal = asLedgerRefusal(error);
    const no = refusal instanceof LedgerRefusal ? answer(refusal) : undefined;
    if (no === undefined) throw error;
    return no;
  }
}

function driverFacts(error: unknown): { code?: string; constraint?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const constraint = 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : undefined;
  return { code, constraint };
}
