import { type TransmissionDeps, type Transmission, transmitted } from './deps.ts';

export interface SchedulingAgain extends Transmission {
  /** How many attempts to deliver have failed. */
  readonly attempt: number;
  /** RFC 3339: when the latest of them failed. */
  readonly failedAt: string;
}

export function dispatchTransmissions({ post }: TransmissionDeps) {
  return {
    /**
     * The seller's instruction reaches the distributor's own server, as the seller signed it, which fixes date and time from goods
     * and address by its own planning (claims 9, 11).
     */
    async instructDistributor(order: Transmission, signal: AbortSignal) {
      const { orderId, buyerId, sellerId, distributorId } = order;
      const body = { instruction: await post.instructionFor(orderId) };
      const message = { orderId, to: distributorId, from: sellerId, personalOf: buyerId, signal };
      return transmitted(await post.send({ ...message, kind: 'instruction', body }));
    },

    /** After a failed attempt the distributor's own server fixes a new date. */
    async scheduleAgain({ orderId, sellerId, distributorId, attempt, failedAt }: SchedulingAgain, signal: AbortSignal) {
      const message = { orderId, attempt, to: distributorId, from: sellerId, personalOf: distributorId, signal };
      return transmitted(await post.send({ ...message, kind: 'schedule_again', body: { attempt, failedAt } }));
    },
  };
}
