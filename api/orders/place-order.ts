import { randomBytes } from 'node:crypto';
import { orderDigest, requestDigest } from '../../office/checks/digest.ts';
import { recordRequested } from '../../office/orders/request.ts';
import { readOrder, type OrderRecord } from '../../office/orders/reading.ts';
import type { OrderRefusal, OrderView } from '../../domain/order.ts';
import type { OrderInput } from '../../workflows/messages/definitions.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem } from '../http/problem.ts';
import { orderIdFor } from './identity.ts';
import type { OrderRequest } from './schema.ts';

/** The POST of an order. */
export interface PlacedOrder {
  readonly party: Party;
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly body: OrderRequest;
  readonly requestId: string;
}

/** What the POST of an order came to: the order, decided or not. A refusal throws its problem, which names the order. */
export interface Ordered {
  readonly view: OrderView;
  readonly decided: boolean;
}

/**
 * Starts an order, or finds the one that this buyer and key have started before, and says what was decided.
 * While a worker is there, it is answered from the workflow alone: neither a read nor a write of the database.
 */
export async function placeOrder(deps: ApiDeps, placed: PlacedOrder): Promise<Ordered> {
  const { requestId } = placed;
  const input = await orderInput(deps, placed);
  const outcome = await deps.gateway.request(input, requestId);
  switch (outcome.kind) {
    case 'issued':
      return { view: outcome.order, decided: true };
    case 'refused':
      throw refusalProblem(outcome.refusal, input.orderId);
    case 'key_reused':
      throw keyReused();
    case 'undecided':
      await recordRequested(deps.orm.em.fork(), input);
      return replay(await recorded(deps, input), input);
    case 'recorded':
      return replay(await recorded(deps, input), input);
  }
}

async function orderInput(deps: ApiDeps, { party, key, body }: PlacedOrder): Promise<OrderInput> {
  const { deliverTo, terminalId, ...ordered } = body;
  const salt = randomBytes(16).toString('base64url');
  return {
    ...ordered,
    orderId: orderIdFor(party.id, key),
    requestDigest: requestDigest(body),
    buyerId: party.id,
    terminalId: terminalId ?? party.terminalId ?? `web:${party.id}`,
    deliverToSealed: await deps.sealer.seal(party.id, { ...deliverTo, salt }),
    orderDigest: orderDigest({ lines: body.lines, deliverTo, salt }),
    requestedAt: deps.clock().toISOString(),
  };
}

async function recorded(deps: ApiDeps, { orderId }: OrderInput): Promise<OrderRecord> {
  const record = await readOrder(deps.orm.em.fork(), orderId);
  if (record) return record;
  // Its workflow has ended and its row is not there yet: the same request finds it later.
  throw new Problem('service-unavailable', 'The order is being recorded. Repeat the same request.', {
    headers: { 'Retry-After': '1' },
  });
}

/** The answer that this request got the first time, whatever has become of the order since. */
function replay({ view, requestDigest: first }: OrderRecord, input: OrderInput): Ordered {
  if (first !== input.requestDigest) throw keyReused();
  if (view.refusal && !view.echeck) throw refusalProblem(view.refusal, view.id);
  return { view, decided: view.stage !== 'requested' };
}

function refusalProblem(refusal: OrderRefusal, orderId: string): Problem {
  return new Problem(refusal.code, refusal.detail, { extensions: { orderId } });
}

function keyReused(): Problem {
  return new Problem(
    'idempotency-key-reused',
    'This Idempotency-Key came before with another body: use a new key for a new order.',
  );
}
