import type { EntityManager } from '@mikro-orm/postgresql';
import { refusalOf, refusalOnAcceptance, type CheckFacts, type CheckQuestion } from '../../domain/check-rules.ts';
import type { CheckRefusal, CheckStatus } from '../../domain/echeck.ts';
import { checkNumberOf, parseCheckNumber, parseOrderId, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import type { Money } from '../../domain/money.ts';
import type { Orm } from '../../platform/orm.ts';
import type { CheckSigning } from './signing.ts';
import { voidHold } from '../ledger/holds.ts';
import { recordStep } from '../orders/step-record.ts';
import { inTransaction } from '../transaction.ts';

/** A check as the register holds it. */
export interface RegisteredCheck extends CheckFacts {
  readonly number: CheckNumber;
  readonly orderId: OrderId;
  readonly distributorId: string;
  readonly jws: string;
  readonly kid: string;
  readonly issuedAt: Date;
  readonly updatedAt: Date;
}

interface CheckRow {
  number: CheckNumber;
  order_id: OrderId;
  buyer_id: string;
  seller_id: string;
  distributor_id: string;
  amount: string;
  currency: Money['currency'];
  jws: string;
  kid: string;
  status: CheckStatus;
  issued_at: string;
  expires_at: string;
  updated_at: string;
  account_status: CheckFacts['accountStatus'];
  key_revoked: boolean;
}

const SELECT_CHECK = `
  select c.number, c.order_id, c.buyer_id, c.seller_id, c.distributor_id, c.amount, c.currency, c.jws, c.kid, c.status,
    c.issued_at, c.expires_at, c.updated_at, a.status as account_status, coalesce(k.status = 'revoked', false) as key_revoked
  from echecks c join accounts a on a.id = c.buyer_id left join signing_keys k on k.kid = c.kid
  where c.number = ?`;

/** The check of that number, with what its account and its key say; `undefined` when there is none. */
export async function readCheck(em: EntityManager, number: string): Promise<RegisteredCheck | undefined> {
  if (!parseCheckNumber(number)) return undefined;
  const [row] = await em.execute<CheckRow[]>(SELECT_CHECK, [number]);
  return row && fromRow(row);
}

/** What speaks by now against the order's check; `undefined` when it is still good. The caller holds the order's row. */
export async function standingRefusal(
  em: EntityManager,
  orderId: string,
  now: Date,
): Promise<CheckRefusal | undefined> {
  const id = parseOrderId(orderId);
  const check = id && (await readCheck(em, checkNumberOf(id)));
  return check ? refusalOnAcceptance(check, now) : 'not_found';
}

/** The check office's answer. `status` is null when the register cannot tell which check is meant. */
export type CheckVerdict =
  | { readonly valid: true; readonly status: CheckStatus; readonly check: RegisteredCheck }
  | { readonly valid: false; readonly reason: CheckRefusal; readonly status: CheckStatus | null };

/**
 * The check office validates a check (claim 2): signature, register, time, payee, order, account. Reads only.
 * `question` says who asks and against what, as in `CheckQuestion`.
 */
export async function validateCheck(
  em: EntityManager,
  signing: Pick<CheckSigning, 'verifyCheck'>,
  question: { readonly jws: string } & Omit<CheckQuestion, 'claims'>,
): Promise<CheckVerdict> {
  const { jws, ...asked } = question;
  const verified = await signing.verifyCheck(jws, { em });
  if (!verified.ok) {
    const known = verified.number === undefined ? undefined : await readCheck(em, verified.number);
    return { valid: false, reason: verified.reason, status: known?.status ?? null };
  }
  const check = await readCheck(em, verified.claims.number);
  const reason = refusalOf(check, { ...asked, claims: verified.claims });
  if (!check) return { valid: false, reason: 'not_found', status: null };
  if (reason) return { valid: false, reason, status: check.status };
  // The register keeps the very token that it issued: a second one for the same order would have been made elsewhere.
  if (check.jws !== jws) return { valid: false, reason: 'altered', status: check.status };
  return { valid: true, status: check.status, check };
}

export interface StopDemand {
  readonly number: string;
  /** The buyer who stops it; absent: the check office itself. */
  readonly buyerId?: string;
  /** Who is on record for it: a party id. */
  readonly actor: string;
  readonly reason: string;
}

export type Stopped =
  | { readonly kind: 'stopped'; readonly orderId: OrderId; readonly repeated: boolean }
  | { readonly kind: 'not_found' }
  /** Accepted already, or ended otherwise: the money is promised or gone. */
  | { readonly kind: 'too_late'; readonly orderId: OrderId; readonly status: CheckStatus };

/**
 * The buyer stops a check before it is accepted: status, hold and event in one transaction. Repeating it is harmless.
 * The order's workflow is not told here: whoever calls this tells it.
 */
export function stopCheck(orm: Orm, demand: StopDemand): Promise<Stopped> {
  return inTransaction(orm, (tx) => stopIn(tx, demand));
}

async function stopIn(tx: EntityManager, { number, buyerId, actor, reason }: StopDemand): Promise<Stopped> {
  // The order's row first, as every step does it: two transactions that lock in one order cannot wait for each other.
  await tx.execute('select 1 from orders where id = (select order_id from echecks where number = ?) for update', [
    number,
  ]);
  const check = await readCheck(tx, number);
  if (!check || (buyerId !== undefined && check.buyerId !== buyerId)) return { kind: 'not_found' };
  const { orderId, status } = check;
  if (status === 'stopped') return { kind: 'stopped', orderId, repeated: true };
  if (status !== 'issued' && status !== 'presented') return { kind: 'too_late', orderId, status };

  await voidHold(tx, orderId, 'the check was stopped');
  await recordStep(tx, {
    orderId,
    check: 'stopped',
    paymentStatus: 'voided',
    // Decided with its first effect: whatever the order was about to do, it ends.
    ending: { stage: 'cancelled', reason, actor },
    evenIfDecided: true,
    events: [{ key: 'check_stopped', type: 'check_stopped', actor, body: { number: check.number, reason } }],
  });
  return { kind: 'stopped', orderId, repeated: false };
}

function fromRow(row: CheckRow): RegisteredCheck {
  return {
    number: row.number,
    orderId: row.order_id,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    distributorId: row.distributor_id,
    amount: { amountMinor: BigInt(row.amount), currency: row.currency },
    jws: row.jws,
    kid: row.kid,
    status: row.status,
    issuedAt: new Date(row.issued_at),
    expiresAt: new Date(row.expires_at),
    updatedAt: new Date(row.updated_at),
    accountStatus: row.account_status,
    keyRevoked: row.key_revoked,
  };
}
