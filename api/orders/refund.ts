import type { MoneyJson } from '../../domain/money.ts';
import { parseOrderId } from '../../domain/ids.ts';
import { refundOrder, type RefundRefusalCode } from '../../office/orders/refunds.ts';
import { readOrder, type OrderRecord } from '../../office/orders/reading.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { Reply } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { orderJson } from './json.ts';
import type { ProblemSlug } from '../http/problems.ts';

interface Refund {
  readonly order: OrderRecord;
  readonly party: Party;
  readonly idempotencyKey: string;
  readonly amount?: MoneyJson;
  readonly reason: string;
}

const PROBLEM_OF: Record<RefundRefusalCode, ProblemSlug> = {
  'order-not-found': 'not-found',
  'refund-exceeds-settled': 'refund-exceeds-settled',
  'currency-mismatch': 'account-conflict',
  'seller-lacks-funds': 'insufficient-funds',
  'account-closed': 'account-conflict',
  'idempotency-key-reused': 'idempotency-key-reused',
};

/** Refunds in the ledger and answers the order with what was given back. A key belongs to the party that uses it. */
export async function refund(deps: ApiDeps, { order, party, idempotencyKey, amount, reason }: Refund): Promise<Reply> {
  const orderId = parseOrderId(order.view.id);
  if (!orderId) throw new Error(`the row of ${order.view.id} has no order id`);
  const key = `${party.id}:${idempotencyKey}`;
  const outcome = await refundOrder(deps.orm, { orderId, amount, reason, actor: party.id, key });
  if (!outcome.ok) throw new Problem(PROBLEM_OF[outcome.code], `${outcome.detail}.`, { extensions: { orderId } });
  const { refunded, refundedInAll } = outcome.value;
  const { view } = (await readOrder(deps.orm.em.fork(), orderId)) ?? order;
  const body = { ...(await orderJson(view, party, deps.sealer)), refund: { amount: refunded, total: refundedInAll } };
  return { status: 200, body };
}
