import type { CheckNumber, OrderId } from '../../domain/ids.ts';
import { checkFor } from '../../domain/need-to-know.ts';
import { moneyToJson } from '../../domain/money.ts';
import {
  type RegisteredCheck,
  type StopRefusalCode,
  readCheck,
  stopCheck,
  validateCheck,
} from '../../office/checks/index.ts';
import { cancel } from '../../workflows/messages/definitions.ts';
import { readOrder } from '../../office/orders/index.ts';
import { scopeOf, type Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import type { ECheckJson, VerdictJson } from './schema.ts';

/** A check of the register, for one of its parties. */
export async function readCheckFor(deps: ApiDeps, party: Party, number: CheckNumber): Promise<ECheckJson> {
  const check = await readCheck(deps.orm.em.fork(), number);
  if (!check) throw notFound();
  return checkJson(check, party);
}

/** The check office's verdict on a check, from where the asking party stands. */
export async function validate(deps: ApiDeps, party: Party, jws: string): Promise<VerdictJson> {
  const verdict = await validateCheck(deps.orm.em.fork(), deps.signing, {
    jws,
    now: deps.clock(),
    presentedBy: party.role === 'buyer' ? party.id : undefined,
    acceptedBy: party.role === 'seller' ? party.id : undefined,
  });
  if (!verdict.valid) return { ...verdict, status: isHidden(verdict.reason, party) ? null : verdict.status };
  // A distributor knows of a check its number; whoever holds the check itself can verify it offline.
  const foreign =
    party.role === 'distributor' && !(await readOrder(deps.orm.em.fork(), verdict.check.orderId, scopeOf(party)));
  if (foreign) return { valid: false, reason: 'wrong_payee', status: null };
  return { valid: true, status: party.role === 'distributor' ? null : verdict.status };
}

/** Whether the reason leaves open that the check is somebody else's. */
function isHidden(reason: string, { role }: Party): boolean {
  return role !== 'operator' && (reason === 'wrong_payee' || reason === 'bad_signature' || role === 'distributor');
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
  await deps.gateway.update(orderId, cancel, { actor: party.id, role: party.role, reason }, `stop ${number}`);
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
