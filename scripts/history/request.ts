import { orderIdFor } from '../../api/orders/place-order.ts';
import { orderDigest, requestDigest } from '../../office/checks/index.ts';
import type { OrderInput } from '../../workflows/messages/definitions.ts';
import type { Past } from './past.ts';
import type { PlannedOrder } from './plan.ts';

/** A planned order as the API would have started it at this moment. */
export async function requestOf({ sealer, clock }: Past, plan: PlannedOrder): Promise<OrderInput> {
  const { buyerId, sellerId, distributorId, lines, deliverTo, settleOn, byHand } = plan;
  const salt = `history-${plan.seed}`;
  const agents = byHand ? ({ presentation: 'manual', payment: 'manual' } as const) : {};
  return {
    ...agents,
    orderId: orderIdFor(buyerId, plan.key),
    requestDigest: requestDigest({ sellerId, distributorId, lines, deliverTo, settleOn, ...agents }),
    buyerId,
    terminalId: buyerId.replace('buyer', 'terminal'),
    sellerId,
    distributorId,
    lines,
    settleOn,
    deliverToSealed: await sealer.seal(buyerId, { ...deliverTo, salt }),
    orderDigest: orderDigest({ lines, deliverTo, salt }),
    requestedAt: clock().toISOString(),
  };
}
