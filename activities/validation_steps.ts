import {
  acceptOrder,
  paymentAnswer,
  paymentRecord,
  presentCheck,
  type Accepted,
  type Presentation,
  type Presented,
} from './validation.ts';
import type { Decided, Done } from '../domain/ending.ts';
import type { OrderDeps } from './deps.ts';

type Parties = Pick<Presentation, 'orderId' | 'buyerId' | 'sellerId' | 'paymentAgent'>;

export function createPresentingSteps(deps: OrderDeps) {
  return {
    /** The presentation, and its validation at the check office before anything is promised (claims 1, 2, 8). */
    validateCheck: (presentation: Presentation): Promise<Presented> => presentCheck(deps, presentation),

    /** A seller that decides by hand promises distribution; the buyer is told (claim 1). */
    acceptOrder: (parties: Parties): Promise<Accepted> => acceptOrder(deps, parties),

    /** A buyer who pays by hand indicates the payment to the seller (claim 4). */
    indicatePayment: async (parties: Parties): Promise<Done | Decided> =>
      paymentAnswer(await deps.recorder.record(paymentRecord(parties))),
  };
}
