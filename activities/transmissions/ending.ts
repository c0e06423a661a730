import type { Ending } from '../../domain/order.ts';
import { type TransmissionDeps, type Transmission, transmitted, type Transmitted } from './deps.ts';
import { reasonFor } from './ending-reason.ts';

export interface EndingNotice extends Transmission {
  readonly ending: Ending;
}

type Noticed = Extract<Transmitted, { kind: 'received' | 'unneeded' }>;

export function endingTransmissions({ signing, post }: TransmissionDeps) {
  return {
    /** Notifies the seller's own server that the order ended early; one that was never sent anything of it gets nothing. */
    async notifySellerOfEnding(order: EndingNotice, signal: AbortSignal): Promise<Noticed> {
      const { orderId, sellerId, ending } = order;
      if (!(await post.wasSent(orderId, sellerId))) return { kind: 'unneeded' };
      const body = { stage: ending.stage, reason: reasonFor('seller', ending, order) };
      const message = { orderId, to: sellerId, from: signing.issuer, personalOf: sellerId, signal };
      return transmitted(await post.send({ ...message, kind: 'ended', body }));
    },

    /** The instruction is taken back from the distributor's own server, where one was sent. */
    async withdrawFromDistributor(order: EndingNotice, signal: AbortSignal): Promise<Noticed> {
      const { orderId, sellerId, distributorId, ending } = order;
      if (!(await post.wasSent(orderId, distributorId))) return { kind: 'unneeded' };
      const body = { reason: reasonFor('distributor', ending, order) };
      const message = { orderId, to: distributorId, from: sellerId, personalOf: distributorId, signal };
      return transmitted(await post.send({ ...message, kind: 'withdrawn', body }));
    },
  };
}
