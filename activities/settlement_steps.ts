import type { Decided, Done } from '../domain/ending.ts';
import { noticeAnswer, officeNotice, sellerNotice, type Completion } from './delivery.ts';
import { finaliseCheck, settlePayment, type Finalised, type PaymentDemand, type Settled } from './settlement.ts';
import type { OrderDeps } from './deps.ts';

export function createCompletionSteps({ orm, recorder }: Pick<OrderDeps, 'orm' | 'recorder'>) {
  return {
    /** The completion reaches the seller and is acknowledged (claim 12). From here on the order cannot end early any more. */
    notifySellerOfCompletion: async (completion: Completion): Promise<Done | Decided> =>
      noticeAnswer(await recorder.record(sellerNotice(completion))),

    /** The same completion reaches the check office (claim 23). */
    notifyOfficeOfCompletion: async (completion: Completion): Promise<void> =>
      void (await recorder.record(officeNotice(completion))),

    /** The seller's payment demand and the office's payment on the strength of the check (claims 5, 7). Key: `order:settle`. */
    settlePayment: (demand: PaymentDemand): Promise<Settled> => settlePayment(orm, demand),

    /** An order that was paid at the notice: the check becomes final and the order complete (claim 23). */
    finaliseCheck: (demand: PaymentDemand): Promise<Finalised> => finaliseCheck(orm, demand),
  };
}
