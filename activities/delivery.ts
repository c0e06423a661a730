import type { SituationReport } from '../domain/delivery.ts';
import { type Decided, type Done, stagesFrom } from '../domain/order.ts';
import type { OrderId } from '../domain/ids.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { type StepRecord, answerOf, recordReport, situationRecord } from '../office/orders/index.ts';
import type { StepDeps } from './deps.ts';

/** What the distributor reported of one order since it was last put on record. */
export interface Situation {
  readonly orderId: OrderId;
  readonly distributorId: string;
  readonly reports: readonly SituationReport[];
  readonly status: string;
}

export interface Completion {
  readonly orderId: OrderId;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly checkNumber: string;
  readonly confirmation: SituationReport;
}

export function createDeliverySteps({ orm, recorder }: Pick<StepDeps, 'orm' | 'recorder'>) {
  return {
    /**
     * What the distributor reported on the way (claim 12). Key: the report's own event id. On record also when the order has
     * ended meanwhile, or is to end.
     */
    async recordDistribution({ orderId, distributorId, reports, status }: Situation): Promise<void> {
      const moved = await recorder.record(situationRecord(orderId, distributorId, reports, status));
      if (moved.recorded) return;
      await orm.em.fork().transactional(async (tx) => {
        for (const report of reports) await recordReport(tx, orderId, distributorId, report);
      });
    },

    /** The completion reaches the seller and is acknowledged (claim 12). From here on the order cannot end early any more. */
    async notifySellerOfCompletion(completion: Completion): Promise<Done | Decided> {
      // A repeated notice finds the order delivered, or further on.
      return answerOf(await recorder.record(sellerNotice(completion)), stagesFrom('delivered'));
    },

    /**
     * The office's own record of the completion, which releases the settlement (claim 23), before the seller's own server is notified.
     * From here on the order cannot end early any more.
     */
    async recordCompletion(completion: Completion): Promise<Done | Decided> {
      return answerOf(await recorder.record(ownRecord(completion)), stagesFrom('delivered'));
    },

    /** The seller's own server has signed for the completion (claim 12). */
    async recordAcknowledgement(completion: Completion): Promise<void> {
      const { orderId } = completion;
      await recorder.record({ orderId, from: stagesFrom('delivered'), events: [acknowledged(completion)] });
    },

    /** The same completion reaches the check office (claim 23), which releases the settlement. */
    async notifyOfficeOfCompletion(completion: Completion): Promise<void> {
      await recorder.record(officeNotice(completion));
    },
  };
}

function sellerNotice(completion: Completion): StepRecord {
  return { ...delivered(completion), events: [completed(completion), acknowledged(completion)] };
}

function ownRecord(completion: Completion): StepRecord {
  return { ...delivered(completion), events: [completed(completion), ...officeNotice(completion).events] };
}

function delivered({ orderId, confirmation }: Completion): Omit<StepRecord, 'events'> {
  return { orderId, stage: 'delivered', distributionStatus: 'delivered', reports: [confirmation] };
}

function completed({ distributorId, confirmation }: Completion): NewEvent {
  const { eventId, occurredAt, receivedBySealed } = confirmation;
  const body = { eventId, deliveredAt: occurredAt, ...(receivedBySealed && { receivedBySealed }) };
  const type = 'distribution_completed';
  return { key: type, type, actor: distributorId, occurredAt, body };
}

function acknowledged({ sellerId, distributorId, confirmation: { eventId } }: Completion): NewEvent {
  const type = 'completion_notified_seller';
  return { key: type, type, actor: distributorId, recipient: sellerId, body: { eventId, acknowledgedBy: sellerId } };
}

function officeNotice({ orderId, distributorId, checkNumber, confirmation }: Completion): StepRecord {
  const key = 'completion_notified_office';
  const body = { eventId: confirmation.eventId, checkNumber };
  return { orderId, events: [{ key, type: key, actor: distributorId, recipient: 'check-office', body }] };
}
