import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayKnowPersonal, projectOrder } from '../../domain/need-to-know.ts';
import { projectEvent, seesType } from '../../domain/need-to-know-events.ts';
import type { OrderView } from '../../domain/order.ts';
import { ROLES } from '../../domain/party.ts';
import { EVENT_TYPES, type TimelineEvent } from '../../domain/timeline.ts';

const PARTIES = { buyer: 'buyer-ada', seller: 'seller-mill', distributor: 'distributor-swift' };
const ACTORS = [...Object.values(PARTIES), 'service', 'check-office', 'temporal', 'operator-olga'];
const MEMBERS =
  'reason refusal lines echeck deliverToSealed receivedBySealed note charge amount step on effect action why new'.split(
    ' ',
  );

const events = fc.record({
  id: fc.constant('7'),
  type: fc.constantFrom(...EVENT_TYPES),
  occurredAt: fc.constant('2026-11-28T10:00:00.000Z'),
  actor: fc.constantFrom(...ACTORS),
  recipient: fc.constant(null),
  claims: fc.constant([]),
  body: fc.subarray(MEMBERS).map((names) => Object.fromEntries(names.map((name) => [name, `${name}-secret`]))),
});
const viewers = fc.record({
  role: fc.constantFrom(...ROLES),
  parties: fc.constant(PARTIES),
  personal: fc.boolean(),
});

describe('an event as a role may know it', () => {
  test('shows no member that its table does not name, nothing personal to whom it is closed, and nobody of the office', () => {
    fc.assert(
      fc.property(events, viewers, (event, viewer) => {
        const shown = projectEvent(event, viewer);
        expect(shown !== undefined).toBe(seesType(viewer.role, event.type));
        if (!shown) return;
        const text = JSON.stringify(shown.body);
        if (!viewer.personal) expect(text).not.toMatch(/(deliverToSealed|receivedBySealed|note)-secret/);
        if (viewer.role === 'operator') return;
        expect(shown.actor).not.toMatch(/operator|temporal/);
        expect(text).not.toMatch(/"(new|why|step|on|effect|action)-secret/);
        if (['operator-olga', 'temporal'].includes(event.actor)) expect(text).not.toMatch(/(reason|refusal)-secret/);
        if (viewer.role === 'distributor') expect(text).not.toMatch(/(echeck|charge|amount|reason|refusal)-secret/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('hides the signed check from operators, who read which check it was', () => {
    const demanded: TimelineEvent = {
      id: '1',
      type: 'payment_demanded',
      occurredAt: '2026-11-28T10:00:00.000Z',
      actor: 'seller-mill',
      recipient: 'check-office',
      claims: [],
      body: { echeck: { number: 'check-1', jws: 'eyJ' } },
    };
    const viewer = { role: 'operator', parties: PARTIES, personal: false } as const;
    expect(projectEvent(demanded, viewer)?.body).toEqual({ echeck: { number: 'check-1' } });
    const presented = { ...demanded, type: 'check_presented', body: { number: 'check-1', echeck: 'eyJ' } } as const;
    expect(projectEvent(presented, viewer)?.body).toEqual({ number: 'check-1' });
  });
});

describe('address, receiver and notes', () => {
  const now = new Date('2026-11-28T10:00:00.000Z');
  const ago = (milliseconds: number) => new Date(now.getTime() - milliseconds).toISOString();
  const DAY = 86_400_000;

  test.each([
    ['buyer', undefined, true],
    ['buyer', ago(400 * DAY), true],
    ['seller', ago(400 * DAY), true],
    ['distributor', undefined, true],
    ['distributor', ago(30 * DAY - 1), true],
    ['distributor', ago(30 * DAY), false],
    ['distributor', ago(400 * DAY), false],
    ['operator', undefined, false],
    ['operator', ago(DAY), false],
  ] as const)('a %s of an order that ended at %s: %s', (role, endedAt, expected) => {
    expect(mayKnowPersonal(role, endedAt, now)).toBe(expected);
  });
});

describe('an order as a role may know it', () => {
  const IDS = { buyerId: PARTIES.buyer, sellerId: PARTIES.seller, distributorId: PARTIES.distributor };
  const eur = (amount: number) => ({ amount, currency: 'EUR' }) as const;
  const priced = { sku: 'rye', name: 'Rye', quantity: 2, unitPrice: eur(5), total: eur(10) };
  const view = {
    attention: { step: 's', reason: 'r', since: '2026-11-28T10:00:00.000Z', waitingOn: 'operator' },
    refusal: { code: 'credit-declined', detail: 'poor' },
    lines: [{ ...priced, weightGrams: 1_000 }, priced, { sku: 'oats', quantity: 1 }],
    charge: eur(10),
    deliverToSealed: 'sealed',
    settleOn: 'delivery',
    echeck: { number: 'check-1', status: 'issued', expiresAt: '2026-12-28T10:00:00.000Z', jws: 'eyJ' },
    payment: { status: 'held', amount: eur(10) },
  } as unknown as OrderView;

  test('a distributor carries goods: also those of lines without weight, or name', () => {
    expect(projectOrder(view, { role: 'distributor', personal: true })).toMatchObject({
      lines: [
        { sku: 'rye', name: 'Rye', quantity: 2, weightGrams: 1_000 },
        { sku: 'rye', name: 'Rye', quantity: 2 },
        { sku: 'oats', quantity: 1 },
      ],
      charge: null,
      payment: null,
      settleOn: null,
      refusal: null,
      echeck: { number: 'check-1' },
      attention: { since: '2026-11-28T10:00:00.000Z' },
    });
    expect(JSON.stringify(projectOrder(view, { role: 'distributor', personal: true }))).not.toMatch(/eyJ|EUR|poor|"r"/);
  });

  test("a seller reads its own refusal and nobody else's", () => {
    expect(projectOrder(view, { role: 'seller', personal: true }).refusal).toBeNull();
    const own = { code: 'refused-by-seller', detail: 'out of rye' } as const;
    expect(projectOrder({ ...view, refusal: own }, { role: 'seller', personal: true }).refusal).toEqual(own);
  });

  test("words that an operator put in a seller's mouth stay with the office", () => {
    const refused = { ...view, refusal: { code: 'refused-by-seller', detail: 'never again' } } as const;
    const asSeenBy = (role: 'buyer' | 'seller' | 'operator', endedBy: string) =>
      projectOrder({ ...refused, ...IDS }, { role, personal: true, endedBy }).refusal?.detail;
    for (const endedBy of ['temporal', 'operator-olga']) {
      for (const role of ['buyer', 'seller'] as const)
        expect(asSeenBy(role, endedBy)).toBe('The check office has refused the order.');
      expect(asSeenBy('operator', endedBy)).toBe('never again');
    }
    for (const role of ['buyer', 'seller'] as const) expect(asSeenBy(role, 'seller-mill')).toBe('never again');
  });

  test('an operator reads everything but the signed check and, unless it asks, the address', () => {
    const { echeck, deliverToSealed, ...rest } = projectOrder(view, { role: 'operator', personal: false });
    const { echeck: all, deliverToSealed: _, ...others } = view;
    expect(rest).toEqual(others);
    expect(echeck).toEqual({ ...all, jws: undefined });
    expect(deliverToSealed).toBeNull();
  });
});
