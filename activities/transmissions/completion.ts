import { type TransmissionDeps, type Transmission, transmitted } from './deps.ts';

export interface CompletionNotice extends Transmission {
  /** RFC 3339. */
  readonly deliveredAt: string;
}

export function completionTransmissions({ post }: TransmissionDeps) {
  return {
    /** The distributor's completion reaches the seller's own server, which signs for it (claim 12). */
    async notifySellerOfCompletion(
      { orderId, sellerId, distributorId, deliveredAt }: CompletionNotice,
      signal: AbortSignal,
    ) {
      const message = { orderId, to: sellerId, from: distributorId, personalOf: sellerId, signal };
      return transmitted(await post.send({ ...message, kind: 'completed', body: { deliveredAt } }));
    },
  };
}
