import fc from 'fast-check';
import { Commodity } from '../../../sites/selling-office/entities/commodity.entity.ts';
import { Errand } from '../../../sites/selling-office/entities/errand.entity.ts';
import { Order } from '../../../sites/selling-office/entities/order.entity.ts';
import { CHARGE, newOrderId, notice, presentation, send, startTestShop, type TestShop } from './shop.ts';
import { until } from '../../support/until.ts';

/* Whatever comes how often and in which order: nothing is promised twice, and nothing stays reserved that is not owed. */

const SKUS: Readonly<Record<string, number>> = { 'linen-3m': 4_470, 'wool-blanket': 8_900, tapestry: 64_000 };
const KINDS = ['presentation', 'payment_indicated', 'completed', 'paid', 'ended'] as const;
let loom: TestShop;
let demanded: string[];

beforeAll(async () => {
  loom = await startTestShop();
  loom.office.answers.set('POST /v1/payment-demands', ({ echeck }) => {
    demanded.push(String(echeck));
    return { status: 201, body: { number: 'check-1', orderId: 'x', amount: CHARGE, status: 'settled' } };
  });
});
afterAll(() => loom.close());

interface Said {
  /** Which of the orders. */
  readonly order: number;
  readonly kind: (typeof KINDS)[number];
}

const said = fc.record({ order: fc.nat(3), kind: fc.constantFrom(...KINDS) });
const lines = fc.array(
  fc.record({ sku: fc.constantFrom(...Object.keys(SKUS)), quantity: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 3 },
);

test('stock, reservations and demands agree after any messages, one after the other or at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { maxLength: 14 }),
      fc.array(lines, { minLength: 4, maxLength: 4 }),
      fc.boolean(),
      async (messages, wanted, atOnce) => {
        demanded = [];
        await emptyBooks();
        const orders = wanted.map((goods) => ({ orderId: newOrderId(), goods }));
        const bytes = await Promise.all(messages.map(({ order, kind }) => messageFor(orders[order]!, kind)));
        if (atOnce) await Promise.all(bytes.map((one) => send(loom, one)));
        else for (const one of bytes) expect((await send(loom, one)).status).toBe(200);
        await untilNothingIsDue();
        await expectAgreement();
      },
    ),
    { numRuns: 25 },
  );
});

async function messageFor({ orderId, goods }: { orderId: string; goods: Goods }, kind: Said['kind']): Promise<string> {
  if (kind !== 'presentation') return notice(loom.office, { orderId, kind, body: BODIES[kind] });
  const amount = goods.reduce((sum, { sku, quantity }) => sum + (SKUS[sku] ?? 0) * quantity, 0);
  return presentation(loom.office, { orderId, lines: goods, charge: { amount, currency: 'EUR' } });
}

type Goods = readonly { readonly sku: string; readonly quantity: number }[];

const BODIES = {
  payment_indicated: { number: 'check-1', amount: CHARGE },
  completed: { deliveredAt: '2026-11-28T10:00:00Z' },
  paid: { number: 'check-1', amount: CHARGE },
  ended: { stage: 'cancelled', reason: 'because' },
};

/** Few of each, so that orders contend for them. */
async function emptyBooks(): Promise<void> {
  const em = loom.shop.deps.orm.em.fork();
  await em.nativeDelete(Order, {});
  await em.nativeDelete(Errand, {});
  await em.nativeUpdate(Commodity, {}, { onHand: 5, reserved: 0 });
}

/** What was noted for the office is said; every order is settled on delivery here. */
async function untilNothingIsDue(): Promise<void> {
  const { orm } = loom.shop.deps;
  for (const { id } of await orm.em.fork().findAll(Order))
    loom.office.answers.set(`GET /v1/orders/${id}`, () => ({ status: 200, body: { id, settleOn: 'delivery' } }));
  await until(async () => (await orm.em.fork().count(Errand, { dueAt: { $ne: null } })) === 0);
}

async function expectAgreement(): Promise<void> {
  const em = loom.shop.deps.orm.em.fork();
  const [orders, goods] = await Promise.all([em.findAll(Order), em.findAll(Commodity)]);
  const quantityIn = (some: readonly Order[], sku: string) =>
    some.flatMap((order) => order.lines ?? []).reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);
  const open = orders.filter(
    ({ decision, deliveredAt, endedAt }) => decision === 'promised' && !deliveredAt && !endedAt,
  );
  for (const { sku, reserved, onHand } of goods) {
    expect({ sku, reserved }).toEqual({ sku, reserved: quantityIn(open, sku) });
    expect(onHand).toBeGreaterThanOrEqual(reserved);
    expect(onHand).toBeLessThanOrEqual(5);
  }
  // One demand an order, and only for what was promised and delivered.
  expect(new Set(demanded).size).toBe(demanded.length);
  const due = orders.filter(({ decision, deliveredAt }) => decision === 'promised' && deliveredAt);
  const checks = new Set(due.map(({ echeck }) => echeck));
  expect(demanded.filter((echeck) => !checks.has(echeck))).toEqual([]);
}
