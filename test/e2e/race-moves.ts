import type { Answer } from '../api/support.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { presentationOf, type TestService } from '../support/service.ts';

/** An order in a race, and what its messages need to know of it. */
export interface Runner {
  readonly id: string;
  readonly key: string;
  readonly body: Record<string, unknown>;
  readonly echeck: { readonly number: string; readonly jws: string };
}

/** Something that somebody says to an order: what ends it, or what comes at the same moment. */
export type Move = (service: TestService, order: Runner) => Promise<Answer>;

/** What ends an order says why in these words, so that its row tells afterwards who was heard. */
export const reasonOf = (move: string) => `race: ${move}`;

const post = (path: string, as: string, body?: unknown): Move => {
  return (service, { id }) => service.ask('POST', `/v1/orders/${id}/${path}`, { as, body });
};
const distributor = (kind: string): Move => {
  return (service, { id }) =>
    service.ask('POST', `/v1/orders/${id}/distribution-events`, {
      as: 'distributor-swift',
      body: { eventId: `race-${kind}`, kind, occurredAt: new Date().toISOString() },
    });
};
const again = (change: Record<string, unknown>): Move => {
  return (service, { key, body }) => service.ask('POST', '/v1/orders', { body: { ...body, ...change }, key });
};

export const MOVES = {
  cancel: post('cancellation', 'buyer-ada', { reason: reasonOf('cancel') }),
  abort: post('interventions', 'operator-olga', { action: 'abort', reason: reasonOf('abort') }),
  refuse: post('refusal', 'seller-forge', { reason: reasonOf('refuse') }),
  accept: post('acceptance', 'seller-forge'),
  indicatePayment: post('payment-indication', 'buyer-ada'),
  schedule: (service, order) => post('schedule', 'distributor-swift', { deliverAt: wednesdayNoon() })(service, order),
  present: (service, order) =>
    post('presentation', 'buyer-ada', presentationOf({ ...order.body, echeck: order.echeck }))(service, order),
  stop: (service, { echeck }) =>
    service.ask('POST', `/v1/echecks/${echeck.number}/stop`, { body: { reason: reasonOf('stop') } }),
  demand: (service, { echeck }) =>
    service.ask('POST', '/v1/payment-demands', { as: 'seller-mill', body: { echeck: echeck.jws } }),
  delivered: distributor('delivered'),
  lost: distributor('lost'),
  returned: distributor('returned'),
  picked_up: distributor('picked_up'),
  failed_attempt: distributor('failed_attempt'),
  again: again({}),
  otherBody: again({ lines: [{ sku: 'oats-10kg', quantity: 1 }] }),
} as const satisfies Record<string, Move>;

export type MoveName = keyof typeof MOVES;

/** A place where an order waits, what can end it there, and what else may be said to it there. */
export interface Situation {
  readonly body: Record<string, unknown>;
  readonly stage: string;
  /** Who demands the payment for the mill, from here on. Default: as it is. */
  readonly paymentDemand?: 'own';
  readonly endings: readonly MoveName[];
  readonly messages: readonly MoveName[];
}

const REPORTS = ['delivered', 'lost', 'returned', 'picked_up', 'failed_attempt'] as const;
/** The forge decides by hand. */
const FORGE = { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] };

export const SITUATIONS: Readonly<Record<string, Situation>> = {
  'its check is in hand': {
    body: { presentation: 'manual' },
    stage: 'check_issued',
    endings: ['cancel', 'abort', 'stop'],
    messages: ['cancel', 'stop', 'present', 'again', 'otherBody', 'delivered'],
  },
  'the seller decides': {
    body: FORGE,
    stage: 'presented',
    endings: ['refuse', 'cancel', 'abort', 'stop'],
    messages: ['accept', 'refuse', 'cancel', 'stop', 'again', 'picked_up'],
  },
  'the payment is to be indicated': {
    body: { payment: 'manual' },
    stage: 'accepted',
    endings: ['cancel', 'abort'],
    messages: ['indicatePayment', 'cancel', 'delivered', 'lost'],
  },
  'the goods are expected': {
    body: {},
    stage: 'scheduled',
    endings: ['cancel', 'abort', 'lost', 'returned', 'delivered'],
    messages: [...REPORTS, 'cancel', 'abort', 'schedule', 'again', 'otherBody'],
  },
  'the seller is to demand its payment': {
    body: {},
    paymentDemand: 'own',
    stage: 'scheduled',
    endings: ['cancel', 'abort', 'lost', 'returned', 'delivered'],
    messages: ['demand', 'delivered', 'cancel'],
  },
};
