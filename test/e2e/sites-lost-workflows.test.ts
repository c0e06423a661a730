import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decide } from '../../cli/ops/decide.ts';
import type { Answer } from '../api/support.ts';
import { rowsOf, startReferenceSite, type ReferenceSite } from '../support/reference-sites.ts';
import { apiKeyOf } from '../support/site-parties.ts';
import { finalOrder, needsSomebody, orderWhen, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/*
 * Orders of the real selling office and distributing company whose workflow is terminated, and which then end from their row: stock and
 * place are given back, whoever aborts, and wherever the order stood.
 */

const OLGA = 'operator-olga';
const PARTIES = { sellerId: 'seller-loom', distributorId: 'distributor-rail' };
const LINEN = 'linen-3m';
const GOODS = { lines: [{ sku: LINEN, quantity: 2 }] };
const ADDRESS = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

let service: TestService;
let seller: ReferenceSite;
let distributor: ReferenceSite;
let companysKey: string;
beforeAll(async () => {
  service = await testService();
  seller = await startReferenceSite(service, 'seller', PARTIES.sellerId, { issuer: 'countersign-test' });
  distributor = await startReferenceSite(service, 'distributor', PARTIES.distributorId, { issuer: 'countersign-test' });
  await until(async () => {
    const { body } = await service.ask('GET', `/v1/sellers/${PARTIES.sellerId}/commodities`);
    return body.data.some(({ sku }: { sku: string }) => sku === LINEN);
  });
  companysKey = await apiKeyOf(service, 'distributor', PARTIES.distributorId);
});
afterAll(async () => {
  await Promise.all([seller.close(), distributor.close()]);
  await service.close();
});

async function place(key: string, change: Record<string, unknown> = {}): Promise<string> {
  const order = { ...PARTIES, ...GOODS, deliverTo: ADDRESS, ...change };
  const { status, body } = await service.ask('POST', '/v1/orders', { body: order, key });
  expect([status, body.type]).toEqual([201, undefined]);
  return body.id;
}
const terminate = (id: string) => service.client.workflow.getHandle(id).terminate('by mistake');
const intervene = (id: string, action: string) =>
  service.ask('POST', `/v1/orders/${id}/interventions`, { as: OLGA, body: { action, reason: 'seen to' } });
const listed = () => service.ask('GET', '/v1/orders?attention=true&limit=100', { as: OLGA });
interface Listed {
  readonly id: string;
  readonly attention: { readonly reason: string };
}

/** A report of the company's own people. */
async function reported(id: string, kind: string): Promise<void> {
  const { status } = await fetch(`${service.url}/v1/orders/${id}/distribution-events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${companysKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ eventId: kind, kind, occurredAt: new Date().toISOString() }),
  });
  expect(status).toBe(202);
}

/** The operator's command line, on the same office. */
function byCommand(id: string): Promise<string> {
  const { orm, gateway } = service.deps;
  const connections = { temporal: { client: service.client, health: gateway.health }, books: orm, notes: [] };
  return decide(connections, id, 'abort', { actor: OLGA, because: 'seen to' });
}

/** What the two servers keep for that order. */
async function keptFor(id: string): Promise<{ reserved: number; places: number }> {
  const [orders, places] = await Promise.all([
    rowsOf(seller, 'select 1 from orders where id = $1 and reserved', [id]),
    rowsOf(distributor, 'select 1 from places where order_id = $1', [id]),
  ]);
  return { reserved: orders.length, places: places.length };
}

interface Point {
  readonly at: string;
  readonly change?: Record<string, unknown>;
  /** Whose server is away meanwhile. */
  readonly away?: () => ReferenceSite;
  readonly report?: string;
  readonly kept: Awaited<ReturnType<typeof keptFor>>;
  readonly endsAs: string;
}

const POINTS: Readonly<Record<string, Point>> = {
  'its seller is away': {
    at: 'presented',
    away: () => seller,
    kept: { reserved: 0, places: 0 },
    endsAs: 'cancelled',
  },
  'its distributor is away': {
    at: 'accepted',
    away: () => distributor,
    kept: { reserved: 1, places: 0 },
    endsAs: 'cancelled',
  },
  'it is scheduled': { at: 'scheduled', kept: { reserved: 1, places: 1 }, endsAs: 'cancelled' },
  'it is scheduled and paid': {
    at: 'scheduled',
    change: { settleOn: 'notice' },
    kept: { reserved: 1, places: 1 },
    endsAs: 'refunded',
  },
  'its goods are under way': {
    at: 'in_distribution',
    report: 'picked_up',
    kept: { reserved: 1, places: 1 },
    endsAs: 'cancelled',
  },
};
const HOW = {
  'the API': async (id: string) => expect((await intervene(id, 'abort')).status).toBe(200),
  'the command line': async (id: string) => expect(await byCommand(id)).toContain('from its row'),
};
const ABORTS = Object.keys(POINTS).flatMap((point) => Object.keys(HOW).map((how) => [point, how] as const));

test.each(ABORTS)(
  'the workflow is lost while %s, and the order aborted by %s: nothing is kept for it',
  async (name, how) => {
    const point = POINTS[name] as Point;
    const away = point.away?.();
    await away?.kill();
    const id = await place(`${name} ${how}`, point.change);
    const { at, report, endsAs } = point;
    if (report) {
      await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
      await reported(id, report);
    }
    const isPaid = ({ payment }: Answer['body']) => payment.status === 'settled';
    await orderWhen(
      service,
      id,
      (order) => order.stage === at && (!away || needsSomebody(order)) && (endsAs !== 'refunded' || isPaid(order)),
    );
    expect(await keptFor(id)).toEqual(point.kept);
    await terminate(id);
    await HOW[how as keyof typeof HOW](id);
    await away?.start();
    expect(await service.client.workflow.getHandle(id).result()).toMatchObject({ stage: endsAs });
    expect(await finalOrder(service, id)).toMatchObject({ stage: endsAs, attention: null });
    expect(await keptFor(id)).toEqual({ reserved: 0, places: 0 });
    expect((await intervene(id, 'resume')).status).toBe(409);
  },
);

test('a workflow that is lost after the end while a server is away is listed as such, until it is resumed; a late report stays listed', async () => {
  const id = await place('after the end');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await seller.kill();
  const body = { reason: 'changed my mind' };
  expect((await service.ask('POST', `/v1/orders/${id}/cancellation`, { body })).status).toBe(200);
  await orderWhen(service, id, ({ attention }) => attention?.step === 'notifySellerOfEnding');
  await terminate(id);
  await until(listed, ({ body: { data } }) =>
    data.some((one: Listed) => one.id === id && one.attention.reason === 'WorkflowTerminated'),
  );
  await reported(id, 'delivered');
  await seller.start();
  expect((await intervene(id, 'resume')).status).toBe(200);
  await service.client.workflow.getHandle(id).result();
  expect(await keptFor(id)).toEqual({ reserved: 0, places: 0 });
  expect(await finalOrder(service, id)).toMatchObject({ attention: { reason: 'ReportAfterEnd' } });
  expect((await intervene(id, 'acknowledge')).status).toBe(200);
  expect((await intervene(id, 'resume')).status).toBe(409);
});
