import { type TransmissionDeps, type Transmission, transmitted } from './deps.ts';
import { presentationOf } from './presentation.ts';

export function acceptanceTransmissions(deps: TransmissionDeps) {
  return {
    /** Check, order and delivery address in one message to the seller's own server, which promises, refuses or decides later (claims 1, 8). */
    async presentToSeller({ orderId, buyerId, sellerId }: Transmission, signal: AbortSignal) {
      const body = await presentationOf(deps, orderId);
      const message = { orderId, to: sellerId, from: buyerId, personalOf: buyerId, signal };
      return transmitted(await deps.post.send({ ...message, kind: 'presentation', body }));
    },
  };
}
