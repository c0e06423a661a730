import type { CheckRefusal } from '../domain/echeck.ts';
import { decidedAs, type Decided, stagesFrom } from '../domain/order.ts';
import type { Agent } from '../domain/party.ts';
import type { Suspended } from '../domain/suspension.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { refusalByNow } from '../office/checks/index.ts';
import {
  type StepRecord,
  answerOf,
  isCheckValidated,
  lockOrderState,
  recordStep,
  suspensionOf,
} from '../office/orders/index.ts';
import type { OrderDeps } from './deps.ts';
import { paymentIndicated, type PaymentIndication } from './payment.ts';

/** The order that is accepted. */
export interface Acceptance extends PaymentIndication {
  /** The buyer's agent indicates the payment as soon as the notice is there. */
  readonly paymentAgent: Agent;
  /** Absent: whoever acts for the seller, the check is validated with its presentation. */
  readonly sellerAgent?: Agent;
}

export type Accepted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: CheckRefusal }
  /** A seller with a server of its own has not had the check validated (claim 2). Nothing was done. */
  | { readonly kind: 'unvalidated' }
  | Suspended
  | Decided;

export function createAcceptanceSteps({ orm, clock }: Pick<OrderDeps, 'orm' | 'clock'>) {
  return {
    /**
     * A seller that decides by hand promises distribution; the buyer gets notice of it (claim 1). Refused when, since its presentation,
     * the check was stopped or voided or has run out, its account was frozen or closed, or its key revoked. A seller that was
     * suspended meanwhile promises nothing.
     */
    acceptOrder(order: Acceptance): Promise<Accepted> {
      const { orderId, sellerAgent } = order;
      return orm.em.fork().transactional(async (tx) => {
        const { stage, ending } = await lockOrderState(tx, orderId);
        const reason = stage === 'presented' ? await refusalByNow(tx, orderId, clock()) : undefined;
        if (reason) return { kind: 'refused', reason };
        if (ending) return decidedAs(ending);
        if (sellerAgent === 'site' && stage === 'presented' && !(await isCheckValidated(tx, orderId)))
          return { kind: 'unvalidated' };
        const recorded = await recordStep(tx, acceptedRecord(order));
        const suspended = suspensionOf(recorded);
        if (suspended) return suspended;
        const answer = answerOf(recorded, stagesFrom('accepted'));
        return answer.kind === 'done' ? { kind: 'accepted' } : answer;
      });
    },
  };
}

/** The seller's promise, and the buyer's notice of it (claim 1), together with what the buyer's agent does at once. */
export function acceptedRecord(order: Acceptance): StepRecord {
  const { orderId, buyerId, sellerId, paymentAgent } = order;
  const type = 'distribution_promised';
  const notice: NewEvent = {
    key: type,
    type,
    actor: sellerId,
    recipient: buyerId,
    body: { notice: 'The commodity will be distributed.' },
  };
  const payment = paymentAgent === 'auto' ? [paymentIndicated(order)] : [];
  return { orderId, stage: 'accepted', check: 'accepted', needs: ['seller'], events: [notice, ...payment] };
}
