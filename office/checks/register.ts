import { decodeJwt } from 'jose';
import type { EntityManager } from '@mikro-orm/postgresql';
import {
  refusalOf,
  refusalOfStatus,
  refusalOnAcceptance,
  type CheckFacts,
  type CheckQuestion,
} from '../../domain/check-rules.ts';
import type { CheckRefusal, CheckStatus } from '../../domain/echeck.ts';
import { checkNumberOf, parseCheckNumber, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import type { CheckWithAccount } from '../../entities/check-with-account.view.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import type { Orm } from '../../platform/orm.ts';
import { voidHold } from '../ledger/index.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { recordStep } from '../orders/index.ts';
import { inTransaction } from '../transaction.ts';
import type { CheckSigning } from './signing.ts';

/** A check as the register holds it, with what its account and its key say. */
export type RegisteredCheck = Omit<CheckWithAccount, 'amount' | 'currency'> & Pick<CheckFacts, 'amount'>;

/** The check of that number; `undefined` when there is none. Read each time, also within a transaction. */
export async function readCheck(em: EntityManager, number: CheckNumber): Promise<RegisteredCheck | undefined> {
  const all = kyselyOf(em).selectFrom('CheckWithAccount').selectAll();
  const check = await all.where('number', '=', number).executeTakeFirst();
  return check && registered(check);
}

function registered({ amount: amountMinor, currency, ...facts }: Row<'CheckWithAccount'>): RegisteredCheck {
  return { ...facts, amount: { amountMinor, currency } };
}

export interface CheckFilter {
  readonly status?: CheckStatus;
  readonly orderId?: OrderId;
  /** Only those that were issued before this one, by its place in the status list. */
  readonly before?: string;
  readonly limit: number;
}

/**
 * The checks of the register, the newest first: each takes its place in the status list when it is signed, and the index on that
 * answers every page.
 */
export async function listChecks(em: EntityManager, filter: CheckFilter): Promise<RegisteredCheck[]> {
  const { status, orderId, before, limit } = filter;
  let query = kyselyOf(em).selectFrom('CheckWithAccount').selectAll();
  if (status) query = query.where('status', '=', status);
  if (orderId) query = query.where('orderId', '=', orderId);
  if (before !== undefined) query = query.where('statusIndex', '<', BigInt(before));
  const rows = await query.orderBy('statusIndex', 'desc').limit(limit).execute();
  return rows.map(registered);
}

/** What speaks by now against the order's check; `undefined` when it is still good. The caller holds the order's row. */
export async function refusalByNow(em: EntityManager, orderId: OrderId, now: Date): Promise<CheckRefusal | undefined> {
  const check = await readCheck(em, checkNumberOf(orderId));
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

/** Whether a check may be paid on: the very token of the register, made out to that seller, and not undone. */
export type DemandVerdict =
  | { readonly valid: true; readonly check: RegisteredCheck }
  | { readonly valid: false; readonly reason: CheckRefusal };

/**
 * Judges the check of a seller's payment demand (claims 5, 7). The register keeps the very token that it issued, so that this
 * answers also for a check whose time ran out after it was accepted: that one is promised money.
 */
export async function judgeDemand(
  em: EntityManager,
  signing: Pick<CheckSigning, 'verifyCheck'>,
  { jws, sellerId }: { readonly jws: string; readonly sellerId: string },
): Promise<DemandVerdict> {
  const number = numberIn(jws);
  const check = number && (await readCheck(em, number));
  if (check?.jws !== jws) {
    const verified = await signing.verifyCheck(jws, { em });
    if (!verified.ok) return { valid: false, reason: verified.reason };
    return { valid: false, reason: check ? 'altered' : 'not_found' };
  }
  if (check.sellerId !== sellerId) return { valid: false, reason: 'wrong_payee' };
  const reason = PAYABLE.includes(check.status) ? undefined : refusalOfStatus(check.status);
  return reason ? { valid: false, reason } : { valid: true, check };
}

/** The check whose number a token claims, unverified; `undefined` when it claims none that there is. */
export async function readClaimedCheck(em: EntityManager, jws: string): Promise<RegisteredCheck | undefined> {
  const number = numberIn(jws);
  return number && (await readCheck(em, number));
}

/** Accepted, or paid before; before the acceptance it is only too early. */
const PAYABLE: readonly CheckStatus[] = ['issued', 'presented', 'accepted', 'cleared', 'final', 'refunded'];

/** The number that a token claims to have, unverified. */
function numberIn(jws: string): CheckNumber | undefined {
  try {
    return parseCheckNumber(decodeJwt(jws).jti ?? '');
  } catch {
    return undefined;
  }
}

export interface StopDemand {
  readonly number: CheckNumber;
  /** The buyer who stops it; absent: the check office itself. */
  readonly buyerId?: string;
  /** Who is on record for it: a party id. */
  readonly actor: string;
  readonly reason: string;
}

export interface StoppedCheck {
  readonly orderId: OrderId;
  /** It was stopped before. */
  readonly repeated: boolean;
}

export type StopRefusalCode =
  | 'check-not-found'
  /** Accepted already, or ended otherwise: the money is promised or gone. */
  | 'check-not-stoppable';

type StopOutcome = Outcome<StoppedCheck, StopRefusalCode>;

/**
 * The buyer stops a check before it is accepted: status, hold and event in one transaction. Repeating it is harmless.
 * The order's workflow is not signalled here: whoever calls this signals it.
 */
export function stopCheck(orm: Orm, demand: StopDemand): Promise<StopOutcome> {
  return inTransaction(orm, (tx) => stopIn(tx, demand));
}

async function stopIn(tx: EntityManager, { number, buyerId, actor, reason }: StopDemand): Promise<StopOutcome> {
  // The order's row first, as every step does it: two transactions that lock in one order cannot wait for each other.
  await tx.execute('select 1 from orders where id = (select order_id from echecks where number = ?) for update', [
    number,
  ]);
  const check = await readCheck(tx, number);
  if (!check || (buyerId !== undefined && check.buyerId !== buyerId)) {
    return refused('check-not-found', 'There is no such e-check.');
  }
  const { orderId, status } = check;
  if (status === 'stopped') return done({ orderId, repeated: true });
  if (status !== 'issued' && status !== 'presented') {
    const detail = `The check is ${status}: it can be stopped only before the seller has accepted it.`;
    return refused('check-not-stoppable', detail);
  }

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
  return done({ orderId, repeated: false });
}
