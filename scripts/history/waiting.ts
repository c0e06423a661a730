import { REPORT_AFTER_END } from '../../domain/delivery.ts';
import { DEMANDING_SELLER, MANUAL_DISTRIBUTOR, MANUAL_SELLER } from './parties.ts';
import type { OrderRequest, Waiting } from './running-order.ts';

/* Which orders run when the history is there: one in every stage that an order waits in, and two that need an operator. */

const TO = { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' };

const flour = (number: number, asked: Partial<OrderRequest> = {}): Pick<Waiting, 'number' | 'request'> => ({
  number,
  request: {
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines: [{ sku: 'flour-25kg', quantity: number }],
    deliverTo: TO,
    ...asked,
  },
});

export const WAITING: readonly Waiting[] = [
  {
    ...flour(1, { presentation: 'manual' }),
    what: 'check_issued: its buyer presents the check',
    mark: 'check_issued',
  },
  {
    ...flour(2, { sellerId: MANUAL_SELLER, lines: [{ sku: 'apples-15kg', quantity: 2 }] }),
    what: 'presented: its seller decides',
    mark: 'check_presented',
  },
  {
    ...flour(3, { payment: 'manual' }),
    what: 'accepted: its buyer indicates the payment',
    mark: 'distribution_promised',
  },
  {
    ...flour(4, { distributorId: MANUAL_DISTRIBUTOR }),
    what: 'accepted: its distributor fixes the date',
    mark: 'distribution_instructed',
  },
  { ...flour(5), what: 'scheduled: its distributor delivers', mark: 'dispatch_scheduled' },
  {
    ...flour(6, { settleOn: 'notice' }),
    what: 'in_distribution: on its way',
    mark: 'distribution_reported',
    moves: (order) => order.reportOnceScheduled('picked_up'),
  },
  {
    ...flour(7, { sellerId: DEMANDING_SELLER, lines: [{ sku: 'paper-a4-5', quantity: 3 }] }),
    what: 'delivered: its seller demands the payment',
    mark: 'distribution_completed',
    moves: (order) => order.reportOnceScheduled('delivered'),
  },
  {
    ...flour(8, { sellerId: 'seller-kiln', lines: [{ sku: 'tiles-20', quantity: 1 }], presentation: 'manual' }),
    what: 'attention: its seller was suspended',
    mark: 'attention_raised',
    reason: 'SellerSuspended',
    async moves(order) {
      await order.suspendSeller();
      await order.present();
    },
  },
  {
    ...flour(9),
    what: 'attention: reported after its end',
    mark: 'attention_raised',
    reason: REPORT_AFTER_END.reason,
    isCancelled: true,
    async moves(order) {
      await order.cancelOnceScheduled('Moved house.');
      await order.report('in_transit');
    },
  },
];
