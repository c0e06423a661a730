import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../../client/index.ts';
import { sellersActs } from '../../../web/seller/acts.ts';
import { paymentSteps } from '../../../web/seller/payment-steps.ts';
import { refundedOf } from '../../../web/shared/refunded.ts';

type Stage = Order['stage'];
type Payment = NonNullable<Order['payment']>['status'];

const order = (stage: Stage, status: Payment, settleOn: 'delivery' | 'notice' = 'delivery') => ({
  stage,
  settleOn,
  payment: { status, amount: null },
});
const possible = (...[of, demand]: Parameters<typeof sellersActs>): string[] =>
  Object.entries(sellersActs(of, demand)).flatMap(([act, can]) => (can ? [act] : []));

describe('what a seller can do with an order', () => {
  test.each<[Stage, Payment, string[]]>([
    ['presented', 'held', ['decide']],
    ['accepted', 'held', []],
    ['in_distribution', 'held', []],
    ['delivered', 'held', ['demandPayment']],
    ['completed', 'settled', ['refund']],
    ['completed', 'held', []],
    ['refunded', 'refunded', []],
    ['rejected', 'voided', []],
    ['cancelled', 'voided', []],
  ])('at %s, its payment %s: %j', (stage, payment, acts) => {
    expect(possible(order(stage, payment), 'own')).toEqual(acts);
  });

  test('paid on its promise, it demands from the acceptance on, until it is paid', () => {
    expect(possible(order('presented', 'held', 'notice'), 'own')).toEqual(['decide']);
    expect(possible(order('accepted', 'held', 'notice'), 'own')).toEqual(['demandPayment']);
    expect(possible(order('scheduled', 'settled', 'notice'), 'own')).toEqual(['refund']);
  });

  test('the office demands for the others', () => {
    expect(possible(order('delivered', 'held'), 'auto')).toEqual([]);
    expect(possible(order('accepted', 'held', 'notice'), 'auto')).toEqual([]);
  });
});

describe('the steps of a payment', () => {
  const at = (type: string, id = type) => ({ id, type, occurredAt: `2026-11-29T12:00:0${id.length % 10}Z` });

  test('what happened in its order, then what is to come', () => {
    const steps = paymentSteps([at('order_requested'), at('distribution_promised'), at('payment_settled')]);
    expect(steps.map(({ title, occurredAt }) => [title, occurredAt !== undefined])).toEqual([
      ['Accepted', true],
      ['Settled', true],
      ['Indicated by the buyer', false],
      ['Demanded', false],
    ]);
  });

  test('nothing is to come once it is undone', () => {
    const steps = paymentSteps([at('distribution_promised'), at('check_voided')]);
    expect(steps.map(({ title }) => title)).toEqual(['Accepted', 'Check voided']);
  });

  test('every refund counts in what was given back', () => {
    const refund = (amount: unknown) => ({ type: 'payment_refunded', body: { amount } });
    const settled = { type: 'payment_settled', body: { amount: { amount: 9, currency: 'EUR' } } };
    expect(refundedOf([])).toBe(0);
    expect(
      refundedOf([settled, refund({ amount: 100, currency: 'EUR' }), refund({ amount: 25, currency: 'EUR' })]),
    ).toBe(125);
    expect(refundedOf([refund(null)])).toBe(0);
  });
});
