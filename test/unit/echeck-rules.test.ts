import { describe, expect, test } from '@jest/globals';
import { refusalOf, type CheckFacts, type CheckQuestion } from '../../domain/check-rules.ts';
import { parseStatusType, refusalOfStatusType, STATUS_TYPES, statusTypeOf } from '../../domain/check-status-type.ts';
import { CHECK_STATUSES } from '../../domain/echeck.ts';
import { ACCOUNT_STATUSES } from '../../domain/party.ts';
import { CHECK_MOVES, mayCheckMove } from '../support/check-moves.ts';
import { claims, NOW } from './echeck-support.ts';

const facts: CheckFacts = {
  number: claims.number,
  orderId: claims.orderId,
  status: 'presented',
  amount: { amountMinor: 1890n, currency: 'EUR' },
  buyerId: 'buyer-ada',
  sellerId: 'seller-mill',
  expiresAt: new Date(claims.expiresAt),
  accountStatus: 'open',
  keyRevoked: false,
};
const question: CheckQuestion = {
  claims,
  now: new Date(NOW),
  presentedBy: 'buyer-ada',
  acceptedBy: 'seller-mill',
  orderId: claims.orderId,
  orderDigest: claims.orderDigest,
};

describe('the check office judges a check whose signature holds', () => {
  test('good: nothing speaks against it', () => {
    expect(refusalOf(facts, question)).toBeUndefined();
    expect(refusalOf({ ...facts, status: 'issued' }, { ...question, presenting: true })).toBeUndefined();
  });

  test('not in the register', () => expect(refusalOf(undefined, question)).toBe('not_found'));

  test.each<[string, Partial<CheckFacts>, string]>([
    ['stopped', { status: 'stopped' }, 'stopped'],
    ['voided', { status: 'voided' }, 'voided'],
    ['returned', { status: 'returned' }, 'voided'],
    ['expired by the timer', { status: 'expired' }, 'expired'],
    ['accepted before', { status: 'accepted' }, 'already_presented'],
    ['paid', { status: 'cleared' }, 'already_presented'],
    ['final', { status: 'final' }, 'already_presented'],
    ['refunded', { status: 'refunded' }, 'already_presented'],
    ['expiring at this very moment', { expiresAt: new Date(NOW) }, 'expired'],
    ['on a frozen account', { accountStatus: 'frozen' }, 'account_frozen'],
    ['on a closed account', { accountStatus: 'closed' }, 'account_closed'],
    ['signed by a key that was revoked since', { keyRevoked: true }, 'bad_signature'],
    ['of another amount than the register says', { amount: { amountMinor: 1891n, currency: 'EUR' } }, 'altered'],
    ['of another currency than the register says', { amount: { amountMinor: 1890n, currency: 'USD' } }, 'altered'],
    ['for another order than the register says', { orderId: 'order-2' }, 'altered'],
    ['with another number', { number: 'check-2' }, 'altered'],
    ['of another buyer than the register says', { buyerId: 'buyer-bob' }, 'altered'],
    ['for another seller than the register says', { sellerId: 'seller-forge' }, 'altered'],
  ])('refused: %s', (_name, change, reason) => {
    expect(refusalOf({ ...facts, ...change }, question)).toBe(reason);
  });

  test.each<[string, Partial<CheckQuestion>, string]>([
    ['presented by another buyer', { presentedBy: 'buyer-bob' }, 'wrong_payee'],
    ['brought to another seller', { acceptedBy: 'seller-forge' }, 'wrong_payee'],
    ['given for another order', { orderId: 'order-2' }, 'altered'],
    ['given for other goods or another address', { orderDigest: 'B'.repeat(43) }, 'altered'],
    ['presented a second time', { presenting: true }, 'already_presented'],
  ])('refused: %s', (_name, change, reason) => {
    expect(refusalOf(facts, { ...question, ...change })).toBe(reason);
  });

  const bound: CheckQuestion = { ...question, claims: { ...claims, cnf: { jkt: 'T'.repeat(43) } }, presenting: true };
  test.each<[string, CheckQuestion, string | undefined]>([
    ['a bound check by its terminal', { ...bound, terminalKey: 'T'.repeat(43) }, undefined],
    ['a bound check by another key', { ...bound, terminalKey: 'U'.repeat(43) }, 'wrong_terminal'],
    ['a bound check by a signature that does not hold', { ...bound, terminalKey: null }, 'wrong_terminal'],
    ['a bound check by no signature', bound, 'wrong_terminal'],
    ['an unbound check by a key', { ...bound, claims, terminalKey: 'T'.repeat(43) }, 'wrong_terminal'],
    ['an unbound check by a signature that does not hold', { ...bound, claims, terminalKey: null }, 'wrong_terminal'],
    ['an unbound check by no signature', { ...bound, claims }, undefined],
    ['a bound check that nobody presents: it is only asked about', { ...bound, presenting: false }, undefined],
  ])('presented: %s', (_name, asked, reason) => {
    expect(refusalOf({ ...facts, status: 'issued' }, asked)).toBe(reason);
  });

  test('the first reason counts: what the check says, then its fate, then its account', () => {
    const worst: CheckFacts = { ...facts, status: 'stopped', accountStatus: 'frozen', expiresAt: new Date(NOW) };
    const asked = { ...question, acceptedBy: 'seller-forge' };
    expect(refusalOf(worst, asked)).toBe('expired');
    expect(refusalOf({ ...worst, expiresAt: facts.expiresAt }, asked)).toBe('wrong_payee');
    expect(refusalOf({ ...worst, expiresAt: facts.expiresAt }, question)).toBe('stopped');
  });
});

describe("a check's life", () => {
  test('goes from issued to final, and ends in one of five ways', () => {
    const good = ['issued', 'presented', 'accepted', 'cleared', 'final'] as const;
    for (const [index, from] of good.slice(0, -1).entries())
      expect(mayCheckMove(from, good[index + 1] ?? from)).toBe(true);
    const ends = CHECK_STATUSES.filter((status) => CHECK_MOVES[status].length === 0);
    expect(ends).toEqual(['stopped', 'expired', 'voided', 'returned', 'refunded']);
  });

  test('never goes back, and nothing is stopped once it was accepted', () => {
    const before = (['accepted', 'cleared', 'final'] as const).flatMap((status) => CHECK_MOVES[status]);
    expect(before).not.toContain('stopped');
    expect(before).not.toContain('issued');
    expect(before).not.toContain('presented');
  });
});

describe('the status list', () => {
  test.each(CHECK_STATUSES.flatMap((status) => ACCOUNT_STATUSES.map((accountStatus) => ({ status, accountStatus }))))(
    'says of a check that is $status on an account that is $accountStatus what the office says',
    (change) => {
      const online = refusalOf({ ...facts, ...change }, question);
      const value = STATUS_TYPES[statusTypeOf({ ...facts, ...change })];
      const type = parseStatusType(value);
      expect(type && refusalOfStatusType(type)).toBe(online);
      expect(type).toBeDefined();
    },
  );

  test('shows a refund as such, and no check of a revoked key as open', () => {
    expect(statusTypeOf({ ...facts, status: 'refunded' })).toBe('refunded');
    expect(statusTypeOf({ ...facts, keyRevoked: true })).toBe('voided');
  });

  test("uses the standard's values for open, void and suspended, and the application's own for the rest", () => {
    const { open, voided, account_frozen, ...own } = STATUS_TYPES;
    expect([open, voided, account_frozen]).toEqual([0, 1, 2]);
    expect(Object.values(own).every((value) => value === 3 || (value >= 12 && value <= 15))).toBe(true);
    expect(parseStatusType(4)).toBeUndefined();
  });
});
