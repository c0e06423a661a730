import { orderIdFor } from '../../api/orders/place-order.ts';
import type { OrderId } from '../../domain/ids.ts';
import { expireChecks } from '../../office/orders/expiry.ts';
import { recordRequested } from '../../office/orders/request.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import type { Answer } from '../api/support.ts';
import { needsSomebody, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** What must not be read by those whom it does not concern: searched for as text in all that a party gets. */
export const SECRETS = {
  street: 'Secretary Street 7',
  receiver: 'Rosa Receiver',
  note: 'a note at the door',
  buyersWords: 'the own words of the buyer',
  sellersWords: 'the own words of the seller',
  officesWords: 'the inner words of the office',
} as const;

/** An order that has come to where its name says. */
export interface Situation {
  readonly name: string;
  readonly stage: string;
  /** The roles for which such an order exists; the buyer and the office know of every one. */
  readonly existsFor: readonly ('seller' | 'distributor')[];
  readonly make: (orders: Orders) => Promise<string>;
}

const MANUAL = { presentation: 'manual' };
const FORGE = { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 2 }] };
/** More than the buyer has, and no more than the distributor carries. */
const DEAR = {
  sellerId: 'seller-forge',
  lines: [
    { sku: 'gate-2m', quantity: 7 },
    { sku: 'hinge-pair', quantity: 22 },
  ],
};
const BY_HAND = { distributorId: 'distributor-hand' };
const none = [] as const;
const seller = ['seller'] as const;
const both = ['seller', 'distributor'] as const;

/** Every stage, and every ending from every point from which more is known than before. */
export const SITUATIONS: readonly Situation[] = [
  {
    name: 'expired before it was presented',
    stage: 'expired',
    existsFor: none,
    make: (to) => to.placedAt(MANUAL, 'check_issued'),
  },
  { name: 'expired at its seller', stage: 'expired', existsFor: seller, make: (to) => to.placedAt(FORGE, 'presented') },
  { name: 'requested', stage: 'requested', existsFor: none, make: (to) => to.requested() },
  {
    name: 'declined',
    stage: 'declined',
    existsFor: none,
    make: (to) => to.placed(DEAR),
  },
  {
    name: 'rejected before it was presented',
    stage: 'rejected',
    existsFor: none,
    make: (to) => to.placed({ lines: [{ sku: 'no-such-thing', quantity: 1 }] }),
  },
  { name: 'with its buyer', stage: 'check_issued', existsFor: none, make: (to) => to.placed(MANUAL) },
  {
    name: 'cancelled before it was presented',
    stage: 'cancelled',
    existsFor: none,
    make: (to) => to.cancelled(to.placedAt(MANUAL, 'check_issued'), 'buyer-ada', SECRETS.buyersWords),
  },
  {
    name: 'stopped before it was presented',
    stage: 'cancelled',
    existsFor: none,
    make: (to) => to.stopped(),
  },
  { name: 'with its seller', stage: 'presented', existsFor: seller, make: (to) => to.placed(FORGE) },
  { name: 'refused by its seller', stage: 'rejected', existsFor: seller, make: (to) => to.refused() },
  {
    name: 'cancelled by the office at its seller',
    stage: 'cancelled',
    existsFor: seller,
    make: (to) => to.cancelled(to.placedAt(FORGE, 'presented'), 'operator-olga', SECRETS.officesWords),
  },
  { name: 'accepted', stage: 'accepted', existsFor: seller, make: (to) => to.placed({ payment: 'manual' }) },
  {
    name: 'cancelled by its buyer once accepted',
    stage: 'cancelled',
    existsFor: seller,
    make: (to) => to.cancelled(to.placedAt({ payment: 'manual' }, 'accepted'), 'buyer-ada', SECRETS.buyersWords),
  },
  { name: 'instructed', stage: 'accepted', existsFor: both, make: (to) => to.instructed() },
  { name: 'scheduled', stage: 'scheduled', existsFor: both, make: (to) => to.placed({}) },
  { name: 'on its way', stage: 'in_distribution', existsFor: both, make: (to) => to.reported(['picked_up']) },
  {
    name: 'aborted by the office',
    stage: 'cancelled',
    existsFor: both,
    make: (to) => to.aborted(),
  },
  { name: 'delivered and stuck', stage: 'delivered', existsFor: both, make: (to) => to.stuck() },
  { name: 'lost', stage: 'refunded', existsFor: both, make: (to) => to.reported(['picked_up', 'lost']) },
  {
    name: 'completed',
    stage: 'completed',
    existsFor: both,
    make: (to) => to.reported(['failed_attempt', 'delivered']),
  },
  { name: 'refunded by the office', stage: 'refunded', existsFor: both, make: (to) => to.refunded('operator-olga') },
  { name: 'refunded by its seller', stage: 'refunded', existsFor: both, make: (to) => to.refunded('seller-mill') },
  { name: 'read by the office', stage: 'completed', existsFor: both, make: (to) => to.readByOffice() },
];

/** Brings orders where they are wanted, by the API alone but for what only time does. */
export interface Orders {
  readonly service: TestService;
  placed(change: Record<string, unknown>): Promise<string>;
  /** The same, once it has come to that stage. */
  placedAt(change: Record<string, unknown>, stage: string): Promise<string>;
  cancelled(order: Promise<string>, by: string, reason: string): Promise<string>;
  requested(): Promise<string>;
  stopped(): Promise<string>;
  refused(): Promise<string>;
  instructed(): Promise<string>;
  reported(kinds: readonly string[]): Promise<string>;
  aborted(): Promise<string>;
  stuck(): Promise<string>;
  refunded(by: string): Promise<string>;
  readByOffice(): Promise<string>;
  make(situation: Situation): Promise<string>;
  /** Lets the checks run out of all orders that have not been accepted. */
  expire(): Promise<void>;
}

const DELIVER_TO = { name: 'Ada', street: SECRETS.street, city: 'Berlin', postalCode: '10115', country: 'DE' };

/** The service with a seller and a distributor who decide by hand beside those who do not, and a settlement that can stick. */
export async function openOrders(): Promise<Orders> {
  const unpayable = new Set<string>();
  const service = await testService((steps) => ({
    ...steps,
    settlePayment: async (demand: Parameters<typeof steps.settlePayment>[0]) => {
      if (unpayable.has(demand.orderId)) throw new Error('the ledger is away');
      return steps.settlePayment(demand);
    },
  }));
  await byHand(service);
  return ordersOf(service, unpayable);
}

async function byHand(service: TestService): Promise<void> {
  const { terms } = DEMO_DISTRIBUTOR;
  const put = (path: string, body: unknown) => service.ask('PUT', `/v1/registry${path}`, { as: 'operator-olga', body });
  await put('/sellers/seller-forge', { name: 'The Forge', agent: 'manual', status: 'active' });
  await put('/distributors/distributor-hand', { name: 'By Hand', agent: 'manual', status: 'active', terms });
}

function ordersOf(service: TestService, unpayable: Set<string>): Orders {
  let count = 0;
  const post = async (path: string, as: string, body: unknown, key?: string): Promise<Answer> => {
    const answer = await service.ask('POST', path, { as, body, ...(key !== undefined && { key }) });
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const placed = async (change: Record<string, unknown>): Promise<string> => {
    count += 1;
    const body = orderFor({ deliverTo: DELIVER_TO, ...change });
    const answer = await service.ask('POST', '/v1/orders', { body, key: `know-${count}` });
    return answer.body.id ?? answer.body.orderId;
  };
  const at = async (id: string, stage: string): Promise<string> => {
    await orderWhen(service, id, (order) => order.stage === stage);
    return id;
  };
  const placedAt = async (change: Record<string, unknown>, stage: string) => at(await placed(change), stage);
  const report = (id: string, kind: string) =>
    post(`/v1/orders/${id}/distribution-events`, 'distributor-swift', {
      eventId: kind,
      kind,
      occurredAt: new Date().toISOString(),
      ...(kind === 'delivered' ? { receivedBy: SECRETS.receiver } : { note: SECRETS.note }),
    });
  const reported = async (kinds: readonly string[]): Promise<string> => {
    const id = await placedAt({}, 'scheduled');
    for (const kind of kinds) await report(id, kind);
    return id;
  };
  const orders: Orders = {
    make: (situation) => situation.make(orders),
    service,
    placed,
    placedAt,
    reported,
    async requested() {
      const orderId = orderIdFor('buyer-ada', 'know-requested');
      const { deps } = service;
      await recordRequested(deps.orm.em.fork(), {
        orderId,
        buyerId: 'buyer-ada',
        sellerId: 'seller-mill',
        distributorId: 'distributor-swift',
        requestDigest: 'digest',
        orderDigest: 'digest',
        terminalId: 'till',
        settleOn: 'delivery',
        lines: [{ sku: 'rye-1kg', quantity: 1 }],
        deliverToSealed: await deps.sealer.seal('buyer-ada', { ...DELIVER_TO, salt: 'the salt' }),
        requestedAt: new Date().toISOString(),
      });
      return orderId;
    },
    async cancelled(order, by, reason) {
      const id = await order;
      await until(
        () => service.ask('POST', `/v1/orders/${id}/cancellation`, { as: by, body: { reason } }),
        ({ status }) => status === 200,
      );
      return id;
    },
    async stopped() {
      const id = await placedAt(MANUAL, 'check_issued');
      const reason = SECRETS.officesWords;
      await post(`/v1/echecks/${id.replace('order-', 'check-')}/stop`, 'operator-olga', { reason });
      return id;
    },
    async refused() {
      const id = await placedAt(FORGE, 'presented');
      await post(`/v1/orders/${id}/refusal`, 'seller-forge', { reason: SECRETS.sellersWords });
      return id;
    },
    async instructed() {
      const id = await placed(BY_HAND);
      const events = () => service.ask('GET', `/v1/orders/${id}/timeline`);
      await until(events, ({ body }) => typesOf(body.data).includes('distribution_instructed'));
      return id;
    },
    async aborted() {
      const id = await placedAt({}, 'scheduled');
      const decision = { action: 'abort', reason: SECRETS.officesWords };
      await post(`/v1/orders/${id}/interventions`, 'operator-olga', decision);
      return id;
    },
    async stuck() {
      const id = await placedAt({}, 'scheduled');
      unpayable.add(id);
      await report(id, 'delivered');
      await orderWhen(service, id, needsSomebody);
      return id;
    },
    async refunded(by) {
      const id = await at(await reported(['delivered']), 'completed');
      const reason = by === 'seller-mill' ? SECRETS.sellersWords : SECRETS.officesWords;
      await post(`/v1/orders/${id}/refund`, by, { reason }, 'all of it');
      return id;
    },
    async readByOffice() {
      const id = await at(await reported(['delivered']), 'completed');
      const path = `/v1/orders/${id}/delivery-address?reason=${encodeURIComponent(SECRETS.officesWords)}`;
      await service.ask('GET', path, { as: 'operator-olga' });
      return id;
    },
    async expire() {
      const now = new Date(Date.now() + 31 * 86_400_000);
      await expireChecks(service.deps.orm, { now, isWorkflows: async (_orderId: OrderId) => false });
    },
  };
  return orders;
}

export function typesOf(events: readonly { type: string }[]): string[] {
  return events.map(({ type }) => type);
}
