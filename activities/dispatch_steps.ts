import {
  instructDistribution,
  rescheduleDispatch,
  scheduleDispatch,
  type Instruction,
  type Scheduled,
} from './dispatch.ts';
import type { SituationReport } from '../domain/delivery.ts';
import type { Decided, Done } from '../domain/ending.ts';
import { recordReport, situationRecord } from '../office/orders/reports.ts';
import type { OrderDeps } from './deps.ts';

export function createDispatchSteps(deps: OrderDeps) {
  return {
    /** The seller's instruction reaches a distributor that plans by hand (claim 9). */
    instructDistribution: (instruction: Instruction): Promise<Done | Decided> =>
      instructDistribution(deps, instruction),

    /** Instruction and date and time, together (claims 9, 11); `deliverAt` when the distributor fixed it by hand. */
    scheduleDispatch: (input: { instruction: Instruction; deliverAt?: string }): Promise<Scheduled> =>
      scheduleDispatch(deps, input.instruction, input.deliverAt),

    /** A new date after a failed attempt. */
    rescheduleDispatch: (input: { instruction: Instruction; attempt: number }): Promise<Scheduled> =>
      rescheduleDispatch(deps, input.instruction, input.attempt),

    /**
     * What the distributor reported on the way (claim 12). Key: the report's own event id. On record also when the order has
     * ended meanwhile, or is to end.
     */
    async recordDistribution(input: {
      orderId: string;
      distributorId: string;
      reports: readonly SituationReport[];
      status: string;
    }): Promise<void> {
      const { orderId, distributorId, reports, status } = input;
      const moved = await deps.recorder.record(situationRecord(orderId, distributorId, reports, status));
      if (moved.recorded) return;
      await deps.orm.em.fork().transactional(async (tx) => {
        for (const report of reports) await recordReport(tx, orderId, distributorId, report);
      });
    },
  };
}
