import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planChaos } from '../../bench/chaos/plan.ts';
import { runChaos } from '../../bench/chaos/run.ts';
import { disagreements, type Network } from '../../bench/chaos/site-books.ts';

test('the same seed makes the same plan, another seed another one', () => {
  const sizes = { orders: 20, kills: 10, races: 5, drops: 3 };
  expect(planChaos(7, sizes)).toEqual(planChaos(7, sizes));
  expect(planChaos(8, sizes)).not.toEqual(planChaos(7, sizes));
});

test('a plan with sites differs in whom it kills and who acts, not in what is ordered beside them', () => {
  const plan = planChaos(7, { orders: 20, kills: 10, races: 5, sites: 8 });
  const atSites = plan.orders.filter(({ atSites: over }) => over);
  expect(atSites).toHaveLength(8);
  expect(atSites.filter(({ fate, race }) => race || (fate !== 'deliver' && fate !== 'cancel'))).toEqual([]);
  expect(new Set(plan.orders.map(({ settleOn }) => settleOn)).size).toBe(2);
});

const GOOD: Network = {
  orders: [
    { id: 'good', stage: 'completed', demands: 1, brought: true },
    { id: 'early', stage: 'cancelled', demands: 0, brought: false },
  ],
  sent: [
    ...['presentation', 'payment_indicated', 'completed', 'paid'].map((kind) => sent('good', kind, 'shop')),
    sent('good', 'instruction', 'company'),
    sent('early', 'presentation', 'shop'),
    sent('early', 'ended', 'shop'),
  ],
  signed: [
    ...['presentation', 'payment_indicated', 'completed', 'paid', 'instruction'].map((kind) => signed('good', kind)),
    signed('early', 'presentation'),
    signed('early', 'ended'),
  ],
  shelves: [{ sku: 'thread-1kg', on_hand: 898, reserved: 0 }],
  sold: [{ id: 'good', reserved: false, lines: [{ sku: 'thread-1kg', quantity: 2 }] }],
  demands: [{ subject: 'good', done: true }],
  places: [{ order_id: 'good' }],
};

function sent(order: string, kind: string, recipient: string) {
  return { id: `${order}:${kind}`, order_id: order, kind, recipient, digest: kind, verdict: 'received' };
}

function signed(order: string, kind: string) {
  return { message_id: `${order}:${kind}`, digest: kind };
}

test('office and sites that agree are not complained of', () => {
  expect(disagreements(GOOD)).toEqual([]);
});

test('an order that was called off when its goods had come keeps the place that it had', () => {
  const orders = GOOD.orders.map((order) => ({ ...order, brought: true }));
  const places = [{ order_id: 'good' }, { order_id: 'early' }];
  expect(disagreements({ ...GOOD, orders, places })).toEqual([]);
});

test.each<[string, Partial<Network>, RegExp]>([
  ['a message never sent', { signed: [...GOOD.signed, signed('good', 'ended')] }, /never sent/],
  [
    'a message signed for as two texts',
    { signed: [...GOOD.signed, { message_id: 'good:paid', digest: 'x' }] },
    /2 texts/,
  ],
  ['a receipt that its signer has not', { signed: GOOD.signed.slice(1) }, /its signer has not/],
  ['an end that nobody signed for', { sent: GOOD.sent.slice(0, -1), signed: GOOD.signed.slice(0, -1) }, /for the end/],
  [
    'a good order without one of its messages',
    { sent: GOOD.sent.slice(1), signed: GOOD.signed.slice(1) },
    /completed with/,
  ],
  ['two demands', { orders: [{ id: 'good', stage: 'completed', demands: 2, brought: true }] }, /2 demands/],
  ['goods reserved for nobody', { shelves: [{ sku: 'thread-1kg', on_hand: 898, reserved: 1 }] }, /for nobody/],
  ['goods that left the shop twice', { shelves: [{ sku: 'thread-1kg', on_hand: 896, reserved: 0 }] }, /should be 898/],
  ['a place that is kept', { places: [{ order_id: 'good' }, { order_id: 'early' }] }, /a place is kept/],
])('%s is found', (_what, change, line) => {
  expect(disagreements({ ...GOOD, ...change }).join('; ')).toMatch(line);
});

test('kill -9 of worker, database and Temporal while orders run: nothing is lost, doubled or stuck', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-chaos-'));
  try {
    const plan = planChaos(135, { orders: 10, kills: 3, races: 8, drops: 2 });
    const { verdict } = await runChaos(plan, { folder, timeoutMs: 300_000 });
    expect(verdict).toEqual({ lost: [], doubled: [], stuck: [], wrong: [], broken: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 900_000);

test("kill -9 of the parties' own servers as well: every message has its receipt, and nothing is kept for orders that ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-chaos-'));
  try {
    const plan = planChaos(12, { orders: 8, sites: 6, kills: 5 });
    expect(plan.kills.map(({ part }) => part)).toEqual(
      expect.arrayContaining(['selling office', 'distributing company']),
    );
    const { verdict } = await runChaos(plan, { folder, timeoutMs: 300_000 });
    expect(verdict).toEqual({ lost: [], doubled: [], stuck: [], wrong: [], broken: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 900_000);
