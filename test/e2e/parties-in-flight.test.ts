import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectProblem, scheduleOnceInstructed, type Answer } from '../api/support.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import {
  needsSomebody,
  orderFor,
  orderWhen,
  presentationOf,
  testService,
  type TestService,
} from '../support/service.ts';
import { until } from '../support/until.ts';

/** The table of docs/accounts-and-parties.md is walked cell by cell: what it says is what happens. */
const PAGE = readFileSync(new URL('../../docs/accounts-and-parties.md', import.meta.url), 'utf8');

const OLGA = 'operator-olga';
let service: TestService;
beforeAll(async () => {
  service = await testService();
  await agents('manual');
});
afterAll(() => service.close());

/** A row of the table: what the operator does. */
const DEEDS: Record<string, { readonly does: () => Promise<Answer>; readonly undoes: () => Promise<Answer> }> = {
  "buyer's account frozen": status('buyer-ada', 'frozen'),
  "seller's account frozen": status('seller-mill', 'frozen'),
  'seller suspended': { does: () => putSeller('suspended'), undoes: () => putSeller('active') },
  'distributor suspended': { does: () => putDistributor('suspended'), undoes: () => putDistributor('active') },
};

function status(account: string, to: string) {
  const patch = (value: string) => () =>
    service.ask('PATCH', `/v1/accounts/${account}`, { as: OLGA, body: { status: value } });
  return { does: patch(to), undoes: patch('open') };
}

const putSeller = (to: string, agent = 'manual') =>
  service.ask('PUT', '/v1/registry/sellers/seller-mill', { as: OLGA, body: { name: 'The Mill', status: to, agent } });
const putDistributor = (to: string, agent = 'manual') =>
  service.ask('PUT', '/v1/registry/distributors/distributor-swift', {
    as: OLGA,
    body: { name: 'Swift Distribution', status: to, agent },
  });

async function agents(agent: string): Promise<void> {
  expect([(await putSeller('active', agent)).status, (await putDistributor('active', agent)).status]).toEqual([
    200, 200,
  ]);
}

/** What the parties do, one after the other; the columns of the table are the moments before each. */
const MOVES: readonly [
  column: string,
  stage: string | undefined,
  move: (id: string, order: Answer['body']) => Promise<Answer>,
][] = [
  ['at `check_issued`', 'presented', (id, order) => post(id, 'presentation', 'buyer-ada', presentationOf(order))],
  ['at `presented`', 'accepted', (id) => post(id, 'acceptance', 'seller-mill')],
  ['at `accepted`', undefined, (id) => post(id, 'payment-indication', 'buyer-ada')],
  [
    'paid for, no date yet',
    'scheduled',
    (id) => post(id, 'schedule', 'distributor-swift', { deliverAt: wednesdayNoon() }),
  ],
  ['at `scheduled`', 'in_distribution', (id) => report(id, 'picked_up')],
  ['at `in_distribution`', 'completed', (id) => report(id, 'delivered')],
  [
    'at `completed`: a refund',
    'refunded',
    (id) => post(id, 'refund', 'seller-mill', { reason: 'stale' }, `refund-${id}`),
  ],
];

const post = (id: string, what: string, as: string, body?: object, key?: string) =>
  service.ask('POST', `/v1/orders/${id}/${what}`, { as, body, key });
const report = (id: string, kind: string) =>
  post(id, 'distribution-events', 'distributor-swift', { eventId: kind, kind, occurredAt: new Date().toISOString() });

let count = 0;
const order = (change: object = {}) => {
  count += 1;
  const manual = { presentation: 'manual', payment: 'manual', settleOn: 'delivery', ...change };
  return service.ask('POST', '/v1/orders', { body: orderFor(manual), key: `in-flight-${count}` });
};

/** Plays an order to its end, with the deed done before one of the moves. Returns the words of the table's cell. */
async function play(deed: (typeof DEEDS)[string], before: string): Promise<string> {
  if (before === 'before the order') {
    expect((await deed.does()).status).toBe(200);
    const answer = await order();
    return answer.status === 201 ? playOn(answer, 0) : `order refused: \`${slugOf(answer)}\``;
  }
  const placed = await order();
  expect(placed.status).toBe(201);
  const at = MOVES.findIndex(([column]) => column === before);
  await moves(placed, 0, at);
  expect((await deed.does()).status).toBe(200);
  return playOn(placed, at);
}

/** Goes on to the end; a refund only where it was asked for. */
async function playOn(placed: Answer, from: number): Promise<string> {
  return moves(placed, from, from === MOVES.length - 1 ? MOVES.length : MOVES.length - 1);
}

async function moves({ body: placed }: Answer, from: number, to: number): Promise<string> {
  const { id } = placed;
  for (const [, stage, move] of MOVES.slice(from, to)) {
    const answer = await taken(id, () => move(id, placed));
    if (answer.status >= 400) return (await ended(id)) ?? (await standing(id, answer));
    const reached = await settled(id, stage);
    if (reached !== undefined) return reached;
  }
  return 'goes on';
}

/** Makes a move; one that comes too early again, until the order takes it, needs somebody or has ended. */
async function taken(id: string, move: () => Promise<Answer>): Promise<Answer> {
  const { answer } = await until(
    async () => ({ answer: await move(), now: (await service.ask('GET', `/v1/orders/${id}`, { as: OLGA })).body }),
    ({ answer: said, now }) => !isEarly(said) || needsSomebody(now) || hasEnded(now),
  );
  return answer;
}

/** Waits until the order is where it should be; `undefined` then, else what became of it. */
async function settled(id: string, stage: string | undefined): Promise<string | undefined> {
  const { became } = await until(
    async () => {
      const { body } = await service.ask('GET', `/v1/orders/${id}`, { as: OLGA });
      if (stage === undefined || body.stage === stage) return { became: undefined };
      if (needsSomebody(body)) return { became: `waits: \`${body.attention.reason}\`` };
      const end = await ended(id);
      return end !== undefined && { became: end };
    },
    { what: `order ${id} in ${stage}, ended or waiting` },
  );
  return became;
}

/** A message that the order cannot take says why it stands still; else it is refused itself. */
async function standing(id: string, answer: Answer): Promise<string> {
  const { attention } = isEarly(answer) ? await when(id, needsSomebody) : {};
  return attention ? `waits: \`${attention.reason}\`` : `refused: \`${answer.body.reason ?? slugOf(answer)}\``;
}

/** A distributor that was not instructed knows of no order yet. */
function isEarly(answer: Answer): boolean {
  return ['illegal-transition', 'not-found'].includes(slugOf(answer));
}

function hasEnded({ stage }: Answer['body']): boolean {
  return ['rejected', 'cancelled', 'declined', 'expired'].includes(stage);
}

async function ended(id: string): Promise<string | undefined> {
  const { body } = await service.ask('GET', `/v1/orders/${id}`, { as: OLGA });
  if (!hasEnded(body)) return undefined;
  return `ends \`${body.stage}\`: \`${body.refusal?.code}\``;
}

function slugOf({ body }: Answer): string {
  return String(body.type).split('/').at(-1) ?? '';
}

const [header = [], , ...rows] = PAGE.split('\n')
  .filter((line) => line.startsWith('|') && line.split('|').length === 11)
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const cells = rows.flatMap(([deed = '', ...said]) =>
  said.map((outcome, index): [string, string, string] => [deed, header[index + 1] ?? '', outcome]),
);

test('the table has a row for each deed, and a column for each moment', () => {
  expect(rows.map(([deed]) => deed)).toEqual(Object.keys(DEEDS));
  expect(header.slice(1)).toEqual(['before the order', ...MOVES.map(([column]) => column)]);
});

test.each(cells)('%s %s: %s', async (name, before, outcome) => {
  const deed = DEEDS[name];
  if (!deed) throw new Error(`no deed ${name}`);
  try {
    expect(await play(deed, before)).toBe(outcome);
  } finally {
    expect((await deed.undoes()).status).toBe(200);
  }
});

/** A buyer with a credit line alone, whose balance comes back to nothing by a payment of its own. */
async function closable(buyer: string): Promise<{ id: string; ask: (what: string, body: object) => Promise<Answer> }> {
  const creditLimit = { amount: 100_000, currency: 'EUR' };
  await service.ask('POST', '/v1/accounts', { as: OLGA, body: { id: buyer, currency: 'EUR', creditLimit } });
  const as = await service.issuer.issue({ id: buyer, role: 'buyer' });
  const { body } = await service.ask('POST', '/v1/orders', { as, body: orderFor({ settleOn: 'notice' }), key: buyer });
  await when(body.id, ({ stage }) => stage === 'presented');
  const accepted = await post(body.id, 'acceptance', 'seller-mill');
  expect(accepted.status).toBe(200);
  await when(body.id, ({ payment }) => payment.status === 'settled');
  const paid = { as: OLGA, body: { amount: body.charge }, key: buyer };
  expect((await service.ask('POST', `/v1/accounts/${buyer}/deposits`, paid)).body.balance.amount).toBe(0);
  return { id: body.id, ask: (what, sent) => post(body.id, what, as, sent) };
}

const when = (id: string, wanted: (order: Answer['body']) => boolean) => orderWhen(service, id, wanted);
const set = (buyer: string, to: string) =>
  service.ask('PATCH', `/v1/accounts/${buyer}`, { as: OLGA, body: { status: to } });

test("a buyer's account does not close while a paid order travels, so that its money can come back", async () => {
  const { id, ask } = await closable('buyer-cleo');
  const refused = await set('buyer-cleo', 'closed');
  expectProblem(refused, 'account-conflict');
  expect(refused.body.detail).toBe(`account buyer-cleo may still get money back from order ${id}.`);
  expect((await ask('cancellation', { reason: 'no more' })).status).toBe(200);
  expect(await when(id, ({ stage }) => stage === 'refunded')).toMatchObject({ payment: { status: 'refunded' } });
});

test('after the end it closes; a refund is then refused with the reason, and possible once it is open again', async () => {
  const { id } = await closable('buyer-dora');
  expect((await scheduleOnceInstructed(service, id, wednesdayNoon())).status).toBe(200);
  await report(id, 'delivered');
  await when(id, ({ stage }) => stage === 'completed');
  expect((await set('buyer-dora', 'closed')).status).toBe(200);
  const refund = (key: string) => post(id, 'refund', 'seller-mill', { reason: 'stale' }, key);
  const refused = await refund('one');
  expectProblem(refused, 'account-conflict');
  expect(refused.body.detail).toContain('account buyer-dora is closed');
  expect((await set('buyer-dora', 'open')).status).toBe(200);
  expect((await refund('two')).status).toBe(200);
});
