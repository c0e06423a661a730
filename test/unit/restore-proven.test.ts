import { expect, test } from '@jest/globals';
import type { ToldRun, ToldStep } from '../../restore/replaying.ts';
import { stepsOf } from '../../restore/untold-steps.ts';

/* What a workflow that was lost and began again has read of its order stands for the steps that its history does not hold. */

const said = (kind: string, eventId: string = kind) => ({ eventId, kind, occurredAt: '2026-12-01T04:00:00.000Z' });
const JWS = ['{}', JSON.stringify({ iat: 1_796_000_000, exp: 1_798_000_000 }), ''].map(inBase64).join('.');

function inBase64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

interface Reading {
  readonly stage: string;
  readonly settleOn?: string;
  readonly seller?: string;
  readonly status?: string;
  readonly paid?: boolean;
  readonly kinds?: readonly string[];
  readonly officeNotified?: boolean;
}

function read({ stage, settleOn = 'delivery', seller = 'auto', status, ...more }: Reading): ToldStep {
  const { paid = false, kinds = [], officeNotified } = more;
  const distribution = status ? { deliverAt: '2026-12-03T10:00:00.000Z', status } : null;
  const payment = { status: paid ? 'settled' : 'held' };
  const echeck = { number: 'check-1', jws: JWS };
  const order = { stage, settleOn, distribution, payment, echeck, charge: { amount: 100, currency: 'EUR' }, lines: [] };
  const agents = { buyer: 'auto', seller, distributor: 'auto' };
  const reports = kinds.map((kind) => said(kind));
  const answer = { order, agents, paid, paymentIndicated: status !== undefined, officeNotified, reports };
  return step('recallOrder', answer);
}

function step(name: string, answer: unknown, input: unknown = {}): ToldStep {
  return { name, input, answer, at: new Date(), isTransmission: false };
}

function run(...steps: readonly ToldStep[]): ToldRun {
  return { input: { orderId: 'order-1', lines: [] }, steps } as unknown as ToldRun;
}

const BEGUN_BEFORE = step('priceOrder', { kind: 'recorded' });

/** The steps that are taken for a reading, without the reading itself. */
function provenBy(reading: Reading, ...former: readonly ToldRun[]): string[] {
  const all = stepsOf([...former, run(BEGUN_BEFORE, read(reading))]);
  return all.map(({ step: { name } }) => name).filter((name) => !['priceOrder', 'recallOrder'].includes(name));
}

const PROMISED = ['issueCheck', 'validateCheck', 'acceptOrder'];
const DATED = ['indicatePayment', 'scheduleDispatch'];
const NOTIFIED = ['notifySellerOfCompletion', 'notifyOfficeOfCompletion'];

test.each<[string, Reading, readonly string[]]>([
  [
    'completed: the notices of the completion come before the payment that they release',
    { stage: 'completed', status: 'delivered', paid: true, kinds: ['picked_up', 'delivered', 'in_transit'] },
    [...PROMISED, ...DATED, 'recordDistribution', ...NOTIFIED, 'settlePayment'],
  ],
  [
    'delivered, and its payment is still to be released',
    { stage: 'delivered', status: 'delivered', kinds: ['delivered'], officeNotified: false },
    [...PROMISED, ...DATED, 'notifySellerOfCompletion'],
  ],
  [
    'completed, and paid at the notice',
    { stage: 'completed', settleOn: 'notice', status: 'delivered', paid: true, kinds: ['delivered'] },
    [...PROMISED, 'settlePayment', ...DATED, ...NOTIFIED, 'finaliseCheck'],
  ],
  [
    'completed, of a seller with a server of its own',
    { stage: 'completed', seller: 'site', status: 'delivered', paid: true, kinds: ['delivered'] },
    [...PROMISED, ...DATED, 'recordCompletion', 'recordAcknowledgement', 'settlePayment', 'finaliseCheck'],
  ],
  [
    'on its way: what its workflow had not taken up yet is left to it',
    { stage: 'in_distribution', status: 'in_transit', kinds: ['in_transit', 'failed_attempt'] },
    [...PROMISED, ...DATED, 'recordDistribution'],
  ],
  ['cancelled before anybody promised: nothing that was not', { stage: 'cancelled' }, ['issueCheck']],
  [
    'given back on the way',
    { stage: 'refunded', settleOn: 'notice', status: 'lost', paid: true, kinds: ['lost'] },
    [...PROMISED, 'settlePayment', ...DATED, 'recordDistribution'],
  ],
])('%s', (_what, reading, steps) => {
  expect(provenBy(reading)).toEqual(steps);
});

test('what a former run has told is not proven once more', () => {
  const former = run(
    step('priceOrder', { kind: 'good' }),
    step('issueCheck', { kind: 'issued' }),
    step('validateCheck', { kind: 'valid' }, { sellerAgent: 'auto', paymentAgent: 'auto' }),
    step('scheduleDispatch', { kind: 'scheduled', deliverAt: '2026-12-03T10:00:00.000Z' }),
  );
  const told = ['issueCheck', 'validateCheck', 'scheduleDispatch'];
  const delivered = { stage: 'completed', status: 'delivered', paid: true, kinds: ['delivered'] };
  expect(provenBy(delivered, former)).toEqual([...told, ...NOTIFIED, 'settlePayment']);
  expect(provenBy({ stage: 'scheduled', status: 'scheduled' }, former)).toEqual(told);
});

test('what was fixed then is judged by the time of then', () => {
  const proven = stepsOf([run(BEGUN_BEFORE, read({ stage: 'scheduled', status: 'scheduled' }))]);
  const dates = proven.filter(({ step: { name } }) => name === 'scheduleDispatch').map(({ step: { at } }) => at);
  expect(dates).toEqual([new Date(1_796_000_000_000)]);
});
