import { setTimeout as sleep } from 'node:timers/promises';
import { ENDED_STAGES } from '../../domain/order.ts';
import type { ChaosClient, ClientAnswer } from './client.ts';
import { DEMO_SITES } from '../../office/seed-data.ts';
import { SITE_GOODS } from './sites.ts';
import type { PlannedOrder, PlannedRace, RaceMove } from './plan.ts';

/** The stages in which an order may have ended, by what its parties did and were answered. */
export type Expected = readonly string[];

/** What the parties of one order know at the end, from answers of the API alone. */
export interface OrderOutcome {
  readonly key: string;
  /** The order ids that the POSTs of this key were answered with: one, when nothing was doubled. */
  readonly ids: readonly string[];
  /** How the order must end, by what its parties did and were answered. */
  readonly expected: Expected;
  /** The last that its buyer read; `undefined` when it could not be read. */
  readonly stage: string | undefined;
  readonly charge: number;
  readonly tookMs: number;
}

const ENDED = new Set<string>(ENDED_STAGES);
const POLL_MS = 250;
const DISTRIBUTOR = 'distributor-swift';

/** Plays buyer and distributor of one order until it has ended, or `deadline` is past. */
export async function playOrder(
  client: ChaosClient,
  order: PlannedOrder,
  deadline: () => number,
): Promise<OrderOutcome> {
  const startedAt = Date.now();
  const outcome = { key: order.key, ids: [], expected: [] as Expected, stage: undefined, charge: 0 } as const;
  try {
    const answers = await Promise.all(Array.from({ length: order.twice ? 2 : 1 }, () => post(client, order)));
    const ids = [...new Set(answers.map(orderIdOf))];
    return { ...outcome, ids, ...(await play(client, order, ids[0] ?? '', deadline)), tookMs: Date.now() - startedAt };
  } catch (error) {
    // Nobody answers any more: this order is lost, and the others are still judged.
    return { ...outcome, stage: String(error), tookMs: Date.now() - startedAt };
  }
}

async function play(client: ChaosClient, order: PlannedOrder, id: string, deadline: () => number) {
  await sleep(order.actAfterMs);
  try {
    const expected = await act(client, order, id, deadline);
    const last = await untilEnded(client, order, id, deadline);
    return { expected, stage: last?.stage, charge: last?.charge?.amount ?? 0 };
  } catch (error) {
    return { stage: String(error) };
  }
}

function post(client: ChaosClient, order: PlannedOrder): Promise<ClientAnswer> {
  return client.ask(buyerOf(order), 'POST', '/v1/orders', {
    key: order.key,
    body: {
      ...goodsOf(order),
      deliverTo: { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
      settleOn: order.settleOn,
    },
  });
}

function goodsOf({ atSites, fate, quantity }: PlannedOrder) {
  if (atSites) {
    const { sellingOffice, distributingCompany } = DEMO_SITES;
    const lines = [{ sku: SITE_GOODS, quantity }];
    return { sellerId: sellingOffice.id, distributorId: distributingCompany.id, lines };
  }
  const line = fate === 'decline' ? { sku: 'anvil-50kg', quantity: 1 } : { sku: 'nails-1kg', quantity };
  return { sellerId: 'seller-forge', distributorId: DISTRIBUTOR, lines: [line] };
}

/** Bob cannot pay for an anvil. */
function buyerOf(order: PlannedOrder): string {
  return order.fate === 'decline' ? 'buyer-bob' : 'buyer-ada';
}

/** A refusal names its order, too. */
function orderIdOf({ status, body }: ClientAnswer): string {
  const id: unknown = status === 402 ? body.orderId : body.id;
  if (typeof id !== 'string') throw new Error(`a POST was answered ${status} ${JSON.stringify(body)}`);
  return id;
}

async function act(client: ChaosClient, order: PlannedOrder, id: string, deadline: () => number): Promise<Expected> {
  if (order.atSites) return actBesideSites(client, order, id);
  if (order.race) {
    await untilExpected(client, order, id, deadline);
    return race(client, order, id, order.race);
  }
  if (order.fate === 'decline') return ['declined'];
  if (order.fate === 'cancel' && (await cancelled(client, order, id))) return GIVEN_UP;
  const kinds = order.fate === 'lose' ? ['picked_up', 'lost'] : ['picked_up', 'in_transit', 'delivered'];
  await Promise.all(kinds.map((kind) => report(client, order, id, kind)));
  return order.fate === 'lose' ? ['refunded'] : ['completed'];
}

/** The servers do the rest. A cancellation that comes again, because its first answer was lost, finds the order ended either way. */
async function actBesideSites(client: ChaosClient, order: PlannedOrder, id: string): Promise<Expected> {
  if (order.fate !== 'cancel') return ['completed'];
  return (await cancelled(client, order, id)) ? GIVEN_UP : EARLY_OR_NOT;
}

const GIVEN_UP: Expected = ['cancelled', 'refunded'];
const EARLY_OR_NOT: Expected = ['cancelled', 'refunded', 'completed'];

/** Both at once; then the goods arrive, in case that neither was accepted. What was granted must have become true. */
async function race(
  client: ChaosClient,
  order: PlannedOrder,
  id: string,
  { moves, offsetMs }: PlannedRace,
): Promise<Expected> {
  const [first, second] = moves;
  const granted = await Promise.all([
    decide(client, order, id, first),
    sleep(offsetMs).then(() => decide(client, order, id, second)),
  ]);
  if (granted.includes('ended early')) return GIVEN_UP;
  if (!moves.includes('delivered')) await report(client, order, id, 'delivered');
  return moves.some((move) => move === 'lost' || move === 'returned') ? EARLY_OR_NOT : ['completed'];
}

async function decide(
  client: ChaosClient,
  order: PlannedOrder,
  id: string,
  move: RaceMove,
): Promise<'ended early' | 'refused' | 'reported'> {
  if (move === 'cancel' || move === 'abort') {
    const [path, body] =
      move === 'cancel'
        ? ['cancellation', { reason: 'a race' }]
        : ['interventions', { action: 'abort', reason: 'a race' }];
    const party = move === 'cancel' ? buyerOf(order) : 'operator-olga';
    const { status } = await client.ask(party, 'POST', `/v1/orders/${id}/${path}`, { body });
    return status === 200 || (await endedEarly(client, order, id)) ? 'ended early' : 'refused';
  }
  await report(client, order, id, move);
  return 'reported';
}

/** A decision whose first answer was lost is refused when it is repeated: the order shows whether it counted. */
async function endedEarly(client: ChaosClient, order: PlannedOrder, id: string): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const { body } = await client.ask(buyerOf(order), 'GET', `/v1/orders/${id}`);
    if (ENDED.has(body.stage)) return GIVEN_UP.includes(body.stage);
    await sleep(POLL_MS);
  }
  return false;
}

/** Until the goods are expected: only then can both decide. */
async function untilExpected(
  client: ChaosClient,
  order: PlannedOrder,
  id: string,
  deadline: () => number,
): Promise<void> {
  for (;;) {
    const { body } = await client.ask(buyerOf(order), 'GET', `/v1/orders/${id}`);
    if (body.stage === 'scheduled') return;
    if (Date.now() > deadline()) throw new Error(`${id} was never scheduled: ${String(body.stage)}`);
    await sleep(POLL_MS);
  }
}

/** `false` when the order could not be cancelled (any more): then it is delivered. */
async function cancelled(client: ChaosClient, order: PlannedOrder, id: string): Promise<boolean> {
  const body = { reason: 'no longer needed' };
  const { status } = await client.ask(buyerOf(order), 'POST', `/v1/orders/${id}/cancellation`, { body });
  if (status === 200) return true;
  // A repeated cancellation of which the first answer was lost finds the order ended: its stage shows whose decision it was.
  const { body: now } = await client.ask(buyerOf(order), 'GET', `/v1/orders/${id}`);
  return now.stage === 'cancelled' || now.stage === 'refunded';
}

async function report(client: ChaosClient, order: PlannedOrder, id: string, kind: string): Promise<void> {
  const body = { eventId: `${order.key}-${kind}`, kind, occurredAt: new Date().toISOString() };
  const path = `/v1/orders/${id}/distribution-events`;
  await Promise.all(Array.from({ length: order.reports }, () => untilTaken(client, path, body)));
}

/** An order that is not on record yet, or of which its distributor is not instructed, is not found: it asks again. */
async function untilTaken(client: ChaosClient, path: string, body: unknown): Promise<void> {
  for (let attempt = 0; attempt < 1_200; attempt += 1) {
    const { status, body: answer } = await client.ask(DISTRIBUTOR, 'POST', path, { body });
    if (status === 202) return;
    if (status !== 404) throw new Error(`${path} was answered ${status} ${JSON.stringify(answer)}`);
    await sleep(POLL_MS);
  }
  throw new Error(`${path} stayed not found`);
}

async function untilEnded(
  client: ChaosClient,
  order: PlannedOrder,
  id: string,
  deadline: () => number,
): Promise<ClientAnswer['body']> {
  for (;;) {
    const { status, body } = await client.ask(buyerOf(order), 'GET', `/v1/orders/${id}`);
    if (status === 200 && ENDED.has(body.stage)) return body;
    if (Date.now() > deadline()) return status === 200 ? body : undefined;
    await sleep(POLL_MS);
  }
}
