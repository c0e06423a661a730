import type { EntityManager } from '@mikro-orm/postgresql';
import { textOf } from '../../domain/faults.ts';
import { transferKey, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import { LedgerRefusal, type LedgerRefusalCode, type NewTransfer } from '../../domain/ledger.ts';
import type { Money } from '../../domain/money.ts';

/** A written transfer. `replayed`: the same key with the same body had been written before, nothing moved now. */
export interface Posted {
  readonly id: bigint;
  readonly replayed: boolean;
}

/**
 * Writes one transfer inside the caller's transaction; the database's trigger checks the rules and moves the money.
 * Throws `LedgerRefusal` when a rule says no: the transaction is then lost and must be rolled back.
 */
export async function postTransfer(tx: EntityManager, transfer: NewTransfer): Promise<Posted> {
  const inserted = await insertOnce(tx, transfer);
  if (inserted !== undefined) return { id: inserted, replayed: false };
  return { id: await sameTransfer(tx, transfer), replayed: true };
}

/** Reserves the check's amount on the buyer's account (key `order:issue`). The check row must join the same transaction. */
export function holdFor(
  tx: EntityManager,
  check: { orderId: OrderId; number: CheckNumber; buyerId: string; sellerId: string; amount: Money },
): Promise<Posted> {
  return postTransfer(tx, {
    key: transferKey(check.orderId, 'issue'),
    kind: 'hold',
    debitAccountId: check.buyerId,
    creditAccountId: check.sellerId,
    ...check.amount,
    orderId: check.orderId,
    checkNumber: check.number,
  });
}

/**
 * Pays the seller from the order's hold (key `order:settle`), less the office's fee; what is not captured is released.
 * Default: all of it.
 */
export async function captureHold(tx: EntityManager, orderId: OrderId, amountMinor?: bigint): Promise<Posted> {
  return resolveHold(tx, orderId, { kind: 'capture', amountMinor });
}

/** Releases the order's hold to the buyer (key `order:void`). */
export function voidHold(tx: EntityManager, orderId: OrderId, reason: string): Promise<Posted> {
  return resolveHold(tx, orderId, { kind: 'void', reason });
}

/** Releases the order's hold because its check ran out (key `order:expire`). */
export function expireHold(tx: EntityManager, orderId: OrderId): Promise<Posted> {
  return resolveHold(tx, orderId, { kind: 'expire', reason: 'the check expired' });
}

/** The seller's fee on the given amount, halves rounded up. */
const FEE = `coalesce((select round(given.amount * fee_basis_points / 10000.0) from sellers where id = hold.credit_account_id), 0)`;

const STEP_OF = { capture: 'settle', void: 'void', expire: 'expire' } as const;

async function resolveHold(
  tx: EntityManager,
  orderId: OrderId,
  resolution: { kind: keyof typeof STEP_OF; amountMinor?: bigint; reason?: string },
): Promise<Posted> {
  const key = transferKey(orderId, STEP_OF[resolution.kind]);
  const sql = `
    insert into transfers (key, kind, debit_account_id, credit_account_id, amount, fee_amount, currency, hold_id, order_id, check_number, reason)
    select given.key, given.kind, debit_account_id, credit_account_id, given.amount, case given.kind when 'capture' then ${FEE} else 0 end,
      currency, id, order_id, check_number, given.reason
    from transfers hold, lateral (select ?::text as key, ?::text as kind, coalesce(?::bigint, hold.amount) as amount, ?::text as reason) given
    where hold.key = ? and hold.kind = 'hold'
    on conflict (key) do nothing returning id`;
  const { kind, amountMinor, reason } = resolution;
  const params = [key, kind, amountMinor ?? null, reason ?? null, transferKey(orderId, 'issue')];
  const [row] = await refusing(tx.execute<{ id: string }[]>(sql, params));
  if (row) return { id: BigInt(row.id), replayed: false };
  return { id: await sameResolution(tx, orderId, { key, ...resolution }), replayed: true };
}

async function insertOnce(tx: EntityManager, transfer: NewTransfer): Promise<bigint | undefined> {
  const sql = `
    insert into transfers (key, kind, debit_account_id, credit_account_id, amount, fee_amount, currency, hold_id, order_id, check_number, reason)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (key) do nothing returning id`;
  const [row] = await refusing(tx.execute<{ id: string }[]>(sql, [transfer.key, ...bodyOf(transfer)]));
  return row && BigInt(row.id);
}

/** The id of the transfer that the key was spent on. Throws `key_reused` when its body is another one. */
async function sameTransfer(tx: EntityManager, transfer: NewTransfer): Promise<bigint> {
  const sql = `
    select id, (kind, debit_account_id, credit_account_id, amount, fee_amount, currency, hold_id, order_id, check_number, reason)
      is not distinct from (?::text, ?::text, ?::text, ?::bigint, ?::bigint, ?::bpchar, ?::bigint, ?::text, ?::text, ?::text) as same
    from transfers where key = ?`;
  const [row] = await tx.execute<{ id: string; same: boolean }[]>(sql, [...bodyOf(transfer), transfer.key]);
  if (!row?.same) throw keyReused(transfer.key);
  return BigInt(row.id);
}

/** A resolution is the same when it resolves the order's hold in the same way with the same amount. */
async function sameResolution(
  tx: EntityManager,
  orderId: OrderId,
  resolution: { key: string; kind: string; amountMinor?: bigint },
): Promise<bigint> {
  const sql = `
    select done.id, done.kind = ? and done.amount = coalesce(?::bigint, hold.amount) as same
    from transfers hold left join transfers done on done.hold_id = hold.id and done.key = ?
    where hold.key = ? and hold.kind = 'hold'`;
  const params = [resolution.kind, resolution.amountMinor ?? null, resolution.key, transferKey(orderId, 'issue')];
  const [row] = await tx.execute<{ id: string | null; same: boolean | null }[]>(sql, params);
  if (!row) throw new LedgerRefusal('hold_not_open', `order ${orderId} has no hold`);
  if (row.id === null || !row.same) throw keyReused(resolution.key);
  return BigInt(row.id);
}

function bodyOf(transfer: NewTransfer): (string | bigint | null)[] {
  return [
    transfer.kind,
    transfer.debitAccountId,
    transfer.creditAccountId,
    transfer.amountMinor,
    transfer.feeMinor ?? 0n,
    transfer.currency,
    transfer.holdId ?? null,
    transfer.orderId ?? null,
    transfer.checkNumber ?? null,
    transfer.reason ?? null,
  ];
}

function keyReused(key: string): LedgerRefusal {
  return new LedgerRefusal('key_reused', `the key ${key} was used for another transfer`);
}

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
  CS008: 'completion_missing',
  '23503': 'account_not_open',
  '23514': 'rule',
};

/** Turns a driver error that carries a business no into a `LedgerRefusal`; any other error stays what it was. */
function asLedgerRefusal(error: unknown): unknown {
  const code = textOf(error, 'code');
  const detail = error instanceof Error ? error.message : String(error);
  if (code === '23505') {
    if (textOf(error, 'constraint') !== 'transfers_hold_resolved_once') return error;
    return new LedgerRefusal('hold_not_open', 'the hold has been resolved before', { cause: error });
  }
  const refusal = REFUSAL_OF_SQLSTATE[code];
  return refusal === undefined ? error : new LedgerRefusal(refusal, detail, { cause: error });
}

/** Awaits a statement and throws its business no as a `LedgerRefusal`. */
async function refusing<Result>(statement: Promise<Result>): Promise<Result> {
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
