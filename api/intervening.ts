import { randomUUID } from 'node:crypto';
import { parseOrderId } from '../domain/ids.ts';
import { readOrder, type OrderRecord } from '../office/reading.ts';
import { intervene as interveneUpdate, type InterveneMessage } from '../workflows/messages.ts';
import type { Party } from './auth/party.ts';
import type { ApiDeps } from './deps.ts';
import type { Reply } from './endpoint.ts';
import { isOutage } from './http/outage.ts';
import { Problem } from './http/problem.ts';
import { linksOf, orderJson } from './order-json.ts';
import { refuseIfRefused } from './telling.ts';

/** Hands an operator’s decision to a stuck order. Each one is a decision of its own: repeated, it is made again. */
export async function intervene(
  deps: ApiDeps,
  party: Party,
  id: string,
  intervention: Omit<InterveneMessage, 'actor'>,
): Promise<Reply> {
  const orderId = parseOrderId(id);
  if (!orderId) throw notFound();
  const message = { ...intervention, actor: party.id };
  const answer = await deps.gateway.tell(orderId, interveneUpdate, message, randomUUID());
  const record = await readIfPossible(deps, orderId);
  if (answer === 'closed' && record === undefined) throw notFound();
  refuseIfRefused(answer, record ?? undefined);
  if (record) return { status: 200, body: await orderJson(record.view, party, deps.sealer) };
  const stage = answer !== 'closed' && answer.ok ? answer.stage : 'requested';
  return { status: 200, body: { id: orderId, stage, attention: null, charge: null, links: linksOf(orderId) } };
}

/** `undefined`: there is no row; `null`: the database cannot be read just now. */
async function readIfPossible(deps: ApiDeps, orderId: string): Promise<OrderRecord | undefined | null> {
  try {
    return await readOrder(deps.orm.em.fork(), orderId);
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}

function notFound(): Problem {
  return new Problem('not-found', 'There is no such order.');
}
