import { createHash, randomBytes } from 'node:crypto';
import { base32nopad } from '@scure/base';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';
import { stagesFrom, type OrderRefusal, type OrderView } from '../../domain/order.ts';
import { isAnybodysKey, orderDigest, requestDigest, thumbprintOf } from '../../office/checks/index.ts';
import { type OrderRecord, readOrder, recordRequested } from '../../office/orders/index.ts';
import type { OrderInput } from '../../workflows/messages/definitions.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { invalidField, Problem } from '../http/problem.ts';
import { noteOrder } from '../http/request-log.ts';
import { orderJson } from './json.ts';
import { MOST_ORDER_BYTES, order, orderRequest, type OrderRequest } from './schema.ts';

const location = { Location: 'Where the order can be read.' };

export const createOrder = endpoint({
  method: 'post',
  path: '/v1/orders',
  operationId: 'createOrder',
  tag: 'Orders',
  summary: 'Order commodities and get the e-check',
  description:
    'Answers as soon as credit, seller and distributor are judged and the e-check is issued. The same Idempotency-Key with ' +
    'the same body is permanently the same order. 202 means: safely taken, not decided yet; read the order or its events.',
  idempotent: true,
  body: orderRequest,
  maxBodyBytes: MOST_ORDER_BYTES,
  responses: {
    201: { description: 'The order with its e-check.', schema: order, headers: location },
    202: { description: 'Taken, not decided yet.', schema: order, headers: { ...location, 'Retry-After': 'Seconds.' } },
  },
  problems: [
    'credit-declined',
    'seller-not-registered',
    'distributor-not-registered',
    'unknown-commodity',
    'not-deliverable',
    'price-changed',
    'settlement-not-offered',
    'idempotency-key-reused',
  ],
  answer: async ({ party, idempotencyKey: key, body, requestId }, deps) => {
    const { view, decided } = await placeOrder(deps, { party, key, body, requestId });
    const json = await orderJson({ view }, party, deps);
    const headers = { Location: json.links.self };
    return decided
      ? { status: 201, body: json, headers }
      : { status: 202, body: json, headers: { ...headers, 'Retry-After': '1' } };
  },
});

/** The POST of an order. */
interface PlacedOrder {
  readonly party: Party;
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly body: OrderRequest;
  readonly requestId: string;
}

/** What the POST of an order came to: the order, decided or not. A refusal throws its problem, which names the order. */
interface Ordered {
  readonly view: OrderView;
  readonly decided: boolean;
}

/**
 * Starts an order, or finds the one that this buyer and key have started before, and says what was decided.
 * While a worker is there, it is answered from the workflow alone: neither a read nor a write of the database. A repetition is answered
 * from the books: only they say what became of the order since, and whether they still have it.
 */
async function placeOrder(deps: ApiDeps, placed: PlacedOrder): Promise<Ordered> {
  const { requestId } = placed;
  refuseUnfitBond(placed.body);
  const input = await orderInput(deps, placed);
  noteOrder(input.orderId);
  if (contradicts(placed.body, input)) return placedBefore(deps, input);
  const outcome = await deps.gateway.request(input, requestId);
  switch (outcome.kind) {
    case 'issued':
      if (startedBy(input, outcome.order)) return { view: outcome.order, decided: true };
      return replay(await issuedOnRecord(deps, input), input);
    case 'refused':
      throw refusalProblem(outcome.refusal, input.orderId);
    case 'key_reused':
      throw keyReused();
    case 'undecided':
      await recordRequested(deps.orm.em.fork(), input);
      return replay(await recorded(deps, input), input);
    case 'recorded':
      return replay(await recordedAsFar(deps, input), input);
  }
}

/** A key that anybody has binds to nobody; and the service has no terminal's key, so it cannot present in its place. */
function refuseUnfitBond({ terminalKey, presentation }: OrderRequest): void {
  if (terminalKey && isAnybodysKey(terminalKey)) {
    const weak = 'must be a key that its terminal alone can sign with, not a point of small order';
    throw invalidField('/terminalKey/x', weak, 'Under that key anybody could sign: make another one.');
  }
  if (!terminalKey || presentation !== 'auto') return;
  const sentence = 'A check that is bound to a terminal is presented by that terminal alone: leave presentation out.';
  throw invalidField('/presentation', 'must be manual, or left out, with terminalKey', sentence);
}

async function orderInput(deps: ApiDeps, { party, key, body }: PlacedOrder): Promise<OrderInput> {
  const { deliverTo, ...ordered } = body;
  const salt = randomBytes(16).toString('base64url');
  return {
    ...ordered,
    orderId: orderIdFor(party.id, key),
    // As ever: a request that says nothing is the same as one for the delivery.
    requestDigest: requestDigest({ ...body, settleOn: body.settleOn ?? 'delivery' }),
    buyerId: party.id,
    terminalId: await terminalOf(party, body),
    ...(body.terminalKey && { presentation: 'manual' }),
    deliverToSealed: await deps.sealer.seal(party.id, { ...deliverTo, salt }),
    orderDigest: orderDigest({ lines: body.lines, deliverTo, salt }),
    requestedAt: deps.clock().toISOString(),
  };
}

/**
 * The terminal as the check names it (claim 6): the one that the token was given to, else the one that has the key. Only where
 * neither is known it is whichever the body names.
 */
async function terminalOf(party: Party, { terminalId, terminalKey }: OrderRequest): Promise<string> {
  const authenticated = party.terminalId ?? (terminalKey && (await thumbprintOf(terminalKey)));
  return authenticated ?? terminalId ?? `web:${party.id}`;
}

function contradicts({ terminalId }: OrderRequest, input: OrderInput): boolean {
  return terminalId !== undefined && terminalId !== input.terminalId;
}

/** The answer to a body that names another terminal: the order that it once was, when any terminal could be named. */
async function placedBefore(deps: ApiDeps, input: OrderInput): Promise<Ordered> {
  const record = await readOrder(deps.orm.em.fork(), input.orderId);
  if (record?.requestDigest === input.requestDigest) return replay(record, input);
  const [detail, whose] = input.terminalKey
    ? ['must be the thumbprint (RFC 7638) of terminalKey, unless the token names a terminal', 'key or token']
    : ['must be the terminal that the token names', 'token'];
  const sentence = `The ${whose} is of the terminal ${input.terminalId}: leave terminalId out, or name that one.`;
  throw invalidField('/terminalId', detail, sentence);
}

async function recorded(deps: ApiDeps, { orderId }: OrderInput): Promise<OrderRecord> {
  const record = await readOrder(deps.orm.em.fork(), orderId);
  if (record) return record;
  // Its row is not there yet, or the books were restored to an older moment: the same request finds it later.
  throw notRecorded(orderId);
}

/** Its workflow has issued the check, which was on record before: a record of the mere request is not of that order's money. */
async function issuedOnRecord(deps: ApiDeps, input: OrderInput): Promise<OrderRecord> {
  const record = await recorded(deps, input);
  if (record.view.stage === 'requested') throw notRecorded(input.orderId);
  return record;
}

/** The same where nobody answers for its workflow: how far it has come it says in Temporal's list. */
async function recordedAsFar(deps: ApiDeps, input: OrderInput): Promise<OrderRecord> {
  const record = await recorded(deps, input);
  if (record.view.stage !== 'requested') return record;
  const work = await deps.gateway.health.work(input.orderId);
  if (WITH_CHECK.some((stage) => stage === work?.attributes.stage)) throw notRecorded(input.orderId);
  return record;
}

const WITH_CHECK = stagesFrom('check_issued');

function notRecorded(orderId: OrderId): Problem {
  return new Problem('service-unavailable', NOT_RECORDED, {
    headers: { 'Retry-After': '1' },
    extensions: { orderId },
  });
}

const NOT_RECORDED =
  'The order was taken and is not on record at this moment, so nothing can be said about its money: repeat the same request later.';

/** Whether it was this very request that the order's workflow was started with: each one says when it came. */
function startedBy({ requestedAt }: OrderInput, { createdAt }: OrderView): boolean {
  return requestedAt === createdAt;
}

/** The answer that this request got the first time, whatever has become of the order since. */
function replay({ view, requestDigest: first }: OrderRecord, input: OrderInput): Ordered {
  if (first !== input.requestDigest) throw keyReused();
  if (view.refusal && !view.echeck) throw refusalProblem(view.refusal, view.id);
  return { view, decided: view.stage !== 'requested' };
}

function refusalProblem({ code, detail, reason }: OrderRefusal, orderId: string): Problem {
  return new Problem(code, detail, { extensions: { ...(reason !== undefined && { reason }), orderId } });
}

function keyReused(): Problem {
  return new Problem(
    'idempotency-key-reused',
    'This Idempotency-Key came before with another body: use a new key for a new order.',
  );
}

/**
 * The order that a buyer's Idempotency-Key names, permanently: no table has to remember the key, so neither a restart nor
 * Temporal's retention can forget it. `order-` and 26 base32 characters (130 bits) of SHA-256(buyerId, NUL, key).
 */
export function orderIdFor(buyerId: string, idempotencyKey: string): OrderId {
  const digest = createHash('sha256').update(`${buyerId}\0${idempotencyKey}`, 'utf8').digest();
  const id = parseOrderId(`order-${base32nopad.encode(digest).slice(0, 26).toLowerCase()}`);
  if (!id) throw new Error('a base32 digest is always an order id');
  return id;
}
