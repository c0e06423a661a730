import { ApplicationFailure } from '@temporalio/common';
import { until } from '../../support/until.ts';
import { fault } from './failing-servers.ts';
import type { ImaginedOrder, ImaginedOrders, Imagining } from './imagined-orders.ts';

/** A way for an order to end, and what is sent to it on its way there. */
interface Sent {
  readonly imagining?: Imagining;
  readonly send?: (order: ImaginedOrder, orders: ImaginedOrders) => Promise<unknown>;
}

/** A step that will never come to its end. */
export const hopeless = () => Promise.reject(ApplicationFailure.nonRetryable('it can never be', 'NoSuchThing'));
const refused = (code: 'credit-declined' | 'seller-not-registered') =>
  Promise.resolve({ kind: 'refused' as const, refusal: { code, detail: 'no' } });

const waiting = (order: ImaginedOrder) => order.until(({ waitingOn }) => waitingOn !== null);
const parked = (order: ImaginedOrder) =>
  order.until(({ attention }) => attention?.reason.startsWith('Parked:') ?? false);
const report = (order: ImaginedOrder, kind: string) =>
  order.handle.signal('distributionEvent', { eventId: `${kind}-1`, kind, occurredAt: new Date().toISOString() });
export const deliver = (order: ImaginedOrder) =>
  order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
const say = (order: ImaginedOrder, update: string, message: unknown = {}) =>
  order.handle.executeUpdate<unknown, [unknown]>(update, { args: [message] });
const intervene = (order: ImaginedOrder, action: string) =>
  say(order, 'intervene', { action, reason: 'seen to', actor: 'operator-olga' });

/** Every kind of ending, and every kind of way to it that changes what the history looks like. */
export const ENDINGS: Readonly<Record<string, Sent>> = {
  completed: { send: deliver },
  'completed-paid-at-the-notice': { imagining: { input: { settleOn: 'notice' } }, send: deliver },
  'completed-by-hand': {
    imagining: { manual: ['buyer', 'seller', 'distributor'] },
    async send(order, orders) {
      await waiting(order);
      await say(order, 'present', { echeck: 'head.body.signature' });
      await say(order, 'accept');
      await say(order, 'indicatePayment');
      await say(order, 'schedule', { deliverAt: new Date((await orders.nowMs()) + 86_400_000).toISOString() });
      await deliver(order);
    },
  },
  'completed-after-a-refused-date': {
    imagining: {
      manual: ['distributor'],
      steps: ({ scheduleDispatch }) => {
        let tries = 0;
        return {
          scheduleDispatch: (input) =>
            (tries += 1) > 1
              ? scheduleDispatch(input)
              : Promise.resolve({ kind: 'outside_service', detail: 'It does not deliver then.' }),
        };
      },
    },
    async send(order, orders) {
      await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
      const deliverAt = new Date((await orders.nowMs()) + 86_400_000).toISOString();
      await say(order, 'schedule', { deliverAt });
      await say(order, 'schedule', { deliverAt });
      await deliver(order);
    },
  },
  'completed-after-a-moved-date': {
    async send(order, orders) {
      await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
      const inDays = async (days: number) => new Date((await orders.nowMs()) + days * 86_400_000).toISOString();
      await say(order, 'schedule', { deliverAt: await inDays(5) });
      await orders.sleep('1 day');
      await say(order, 'schedule', { deliverAt: await inDays(3) });
      await deliver(order);
    },
  },
  'completed-after-a-failed-attempt': {
    async send(order) {
      await report(order, 'failed_attempt');
      await order.until(({ stage }) => stage === 'in_distribution');
      await deliver(order);
    },
  },
  'completed-after-being-overdue': {
    async send(order, orders) {
      await waiting(order);
      await orders.sleep('5 days');
      await deliver(order);
    },
  },
  'completed-after-a-retry': {
    imagining: {
      steps: ({ issueCheck }) => {
        let tries = 0;
        return { issueCheck: (demand) => ((tries += 1) > 2 ? issueCheck(demand) : hopeless()) };
      },
    },
    async send(order) {
      await parked(order);
      await intervene(order, 'retry');
      await deliver(order);
    },
  },
  'completed-on-its-own-demand': {
    imagining: {
      steps: ({ verifySellerRegistration }) => ({
        verifySellerRegistration: async (input) => ({
          ...(await verifySellerRegistration(input)),
          paymentDemand: 'own',
        }),
      }),
    },
    async send(order) {
      await deliver(order);
      await order.until(({ stage, waitingOn }) => stage === 'delivered' && waitingOn !== null);
      await say(order, 'demandPayment', { echeck: 'head.body.signature', actor: 'seller-mill' });
    },
  },
  'completed-after-a-suspension': {
    imagining: {
      steps: ({ settlePayment }) => {
        let tries = 0;
        const suspended = { kind: 'suspended', party: 'seller' } as const;
        return { settlePayment: async (demand) => ((tries += 1) > 1 ? settlePayment(demand) : suspended) };
      },
    },
    async send(order) {
      await deliver(order);
      await order.until(({ attention }) => attention?.reason === 'SellerSuspended');
      await order.handle.signal('registryChanged');
    },
  },
  'completed-over-servers': {
    imagining: { sites: ['seller', 'distributor'] },
    async send(order) {
      await order.until(({ stage }) => stage === 'scheduled');
      await report(order, 'failed_attempt');
      await order.until(({ stage }) => stage === 'in_distribution');
      // It waits for its server already while that is still to plan it again.
      await until(
        () => order.taken,
        (taken) => taken.includes('rescheduleDispatch'),
      );
      await deliver(order);
      await order.until(({ stage }) => stage === 'delivered');
      await say(order, 'demandPayment', { echeck: 'head.body.signature', actor: 'seller-mill' });
    },
  },
  'completed-after-a-server-was-away': {
    imagining: {
      sites: ['seller', 'distributor'],
      input: { settleOn: 'notice' },
      servers: ({ instructDistributor }) => {
        let tries = 0;
        return {
          instructDistributor: (input) => {
            tries += 1;
            return tries > 5 ? instructDistributor(input) : fault(tries > 4 ? 'BadReceipt' : 'SiteUnreachable');
          },
        };
      },
    },
    async send(order, orders) {
      await order.until(({ attention }) => attention?.reason === 'SiteUnreachable');
      await say(order, 'demandPayment', { echeck: 'head.body.signature', actor: 'seller-mill' });
      await orders.sleep('5 minutes');
      await order.until(({ stage }) => stage === 'scheduled');
      await deliver(order);
    },
  },
  'cancelled-over-servers': {
    imagining: { sites: ['seller', 'distributor'] },
    async send(order) {
      await order.until(({ stage }) => stage === 'scheduled');
      await say(order, 'cancel', { reason: 'changed my mind' });
    },
  },
  'rejected-by-a-server': {
    imagining: {
      sites: ['seller'],
      servers: () => ({ presentToSeller: async () => ({ kind: 'refused', reason: 'no stock' }) }),
    },
  },
  declined: { imagining: { steps: () => ({ judgeCredit: () => refused('credit-declined') }) } },
  'rejected-by-the-registry': {
    imagining: { steps: () => ({ verifySellerRegistration: () => refused('seller-not-registered') }) },
  },
  'rejected-by-the-seller': {
    imagining: { manual: ['seller'] },
    async send(order) {
      await waiting(order);
      await say(order, 'refuse', { reason: 'no stock' });
    },
  },
  expired: { imagining: { input: { presentation: 'manual' } } },
  cancelled: {
    async send(order) {
      await waiting(order);
      await say(order, 'cancel', { reason: 'changed my mind' });
    },
  },
  'cancelled-in-temporal': {
    async send(order) {
      await waiting(order);
      await order.handle.cancel();
    },
  },
  'cancelled-by-an-abort': {
    imagining: { steps: () => ({ scheduleDispatch: hopeless }) },
    async send(order) {
      await parked(order);
      await intervene(order, 'abort');
    },
  },
  'refunded-after-a-cancel': {
    imagining: { input: { settleOn: 'notice' } },
    async send(order) {
      await waiting(order);
      await say(order, 'cancel', { reason: 'changed my mind' });
    },
  },
  'refunded-because-lost': { send: (order) => report(order, 'lost') },
};
