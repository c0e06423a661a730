import type { EntityManager } from '@mikro-orm/postgresql';
import type { CheckRefusal, CheckStatus } from '../../domain/echeck.ts';
import type { CheckNumber, OrderId } from '../../domain/ids.ts';
import { checkFor } from '../../domain/need-to-know.ts';
import { moneyToJson } from '../../domain/money.ts';
import {
  type RegisteredCheck,
  type StopRefusalCode,
  listChecks,
  readCheck,
  readClaimedCheck,
  stopCheck,
  validateCheck,
} from '../../office/checks/index.ts';
import { cancel, stopUpdateId } from '../../workflows/messages/definitions.ts';
import { readOrder, recordValidation } from '../../office/orders/index.ts';
import { scopeOf, type Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { checkCursor } from '../http/cursor.ts';
import { Problem } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import type { ECheckJson, VerdictJson } from './schema.ts';

/** A check of the register, for one of its parties. */
export async function readCheckFor(deps: ApiDeps, party: Party, number: CheckNumber): Promise<ECheckJson> {
  const check = await readCheck(deps.orm.em.fork(), number);
  if (!check) throw notFound();
  return checkJson(check, party);
}

interface CheckQuery {
  readonly status?: CheckStatus;
  readonly orderId?: OrderId;
  readonly limit: number;
  readonly cursor?: string;
}

/** A page of the register, the newest check first. */
export async function checksPage(deps: ApiDeps, party: Party, { limit, cursor, ...filter }: CheckQuery) {
  const before = checkCursor.read(cursor)?.statusIndex;
  const found = await listChecks(deps.orm.em.fork(), { ...filter, before, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const nextCursor = checkCursor.print(last && { statusIndex: String(last.statusIndex) });
  return { data: page.map((check) => checkJson(check, party)), nextCursor };
}

/**
 * The check office's verdict on a check, from where the asking party stands. That the seller to whom it was presented has asked goes on
 * record: one with a server of its own promises nothing before (claim 2).
 */
export async function validate(deps: ApiDeps, party: Party, jws: string): Promise<VerdictJson> {
  const em = deps.orm.em.fork();
  const verdict = await validateCheck(em, deps.signing, {
    jws,
    now: deps.clock(),
    presentedBy: party.role === 'buyer' ? party.id : undefined,
    acceptedBy: party.role === 'seller' ? party.id : undefined,
  });
  const { valid, status } = verdict;
  if (party.role === 'operator') return valid ? { valid, status } : verdict;
  // Of what nobody has proven to be a check there is nothing to hide but what the register holds under its number.
  if (!valid && UNPROVEN.includes(verdict.reason)) return { ...verdict, status: null };
  if (!(await concerns(em, party, jws))) return { valid: false, reason: 'wrong_payee', status: null };
  if (party.role === 'seller' && verdict.valid) await recordValidation(em, verdict.check);
  if (party.role !== 'distributor') return valid ? { valid, status } : verdict;
  // A distributor knows of a check its number, and of its buyer's money nothing.
  if (valid) return { valid, status: null };
  return { valid, ...(!OF_THE_ACCOUNT.includes(verdict.reason) && { reason: verdict.reason }), status: null };
}

const UNPROVEN: readonly CheckRefusal[] = ['bad_signature', 'not_found'];
const OF_THE_ACCOUNT: readonly CheckRefusal[] = ['account_frozen', 'account_closed'];

/** Whether a check that somebody holds is one of this party's: made out by it or to it, or of an order that it is to deliver. */
async function concerns(em: EntityManager, party: Party, jws: string): Promise<boolean> {
  const check = await readClaimedCheck(em, jws);
  if (!check) return false;
  if (party.role === 'distributor') return (await readOrder(em, check.orderId, scopeOf(party))) !== undefined;
  return (party.role === 'buyer' ? check.buyerId : check.sellerId) === party.id;
}

interface Stop {
  readonly party: Party<'buyer' | 'operator'>;
  readonly number: CheckNumber;
  readonly orderId: OrderId;
  readonly reason: string;
}

/** Stops a check: in the register and the ledger first, permanently; then in its order, which ends as cancelled. */
export async function stop(deps: ApiDeps, { party, number, orderId, reason }: Stop): Promise<ECheckJson> {
  const buyerId = party.role === 'buyer' ? party.id : undefined;
  const stopped = await stopCheck(deps.orm, { number, buyerId, actor: party.id, reason });
  if (!stopped.ok) {
    const problem = PROBLEM_OF[stopped.code];
    throw problem === 'not-found' ? notFound() : new Problem(problem, stopped.detail, { extensions: { orderId } });
  }
  await deps.gateway.update(orderId, cancel, { actor: party.id, role: party.role, reason }, stopUpdateId(number));
  return readCheckFor(deps, party, number);
}

const PROBLEM_OF: Record<StopRefusalCode, ProblemSlug> = {
  'check-not-found': 'not-found',
  'check-not-stoppable': 'illegal-transition',
};

function checkJson(check: RegisteredCheck, { role }: Party): ECheckJson {
  const { number, orderId, buyerId, sellerId, distributorId, status, kid, jws } = check;
  const all = {
    number,
    orderId,
    buyerId,
    sellerId,
    distributorId,
    status,
    kid,
    charge: moneyToJson(check.amount),
    issuedAt: check.issuedAt.toISOString(),
    expiresAt: check.expiresAt.toISOString(),
    updatedAt: check.updatedAt.toISOString(),
    jws,
  };
  return checkFor(all, role);
}

function notFound(): Problem {
  return new Problem('not-found', 'There is no such e-check.');
}
