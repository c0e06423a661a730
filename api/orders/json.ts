import type { OrderId } from '../../domain/ids.ts';
import { mayKnowPersonal, projectOrder, type ProjectedOrder } from '../../domain/need-to-know.ts';
import { openAddress, type OrderRecord } from '../../office/orders/index.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import type { OrderJson } from './schema.ts';

/** What showing an order needs: it, and how and when it ended, if it has. */
export type ShownOrder = Pick<OrderRecord, 'view' | 'ending' | 'endedAt'>;

/** The order as the HTTP contract shows it to one of its parties: what that party may know, its address opened. */
export async function orderJson(
  { view, ending, endedAt }: ShownOrder,
  { role }: Party,
  { sealer, clock, workflowUrl }: Pick<ApiDeps, 'sealer' | 'clock' | 'workflowUrl'>,
): Promise<OrderJson> {
  const personal = mayKnowPersonal(role, endedAt, clock());
  const shown = projectOrder(view, { role, personal, endedBy: ending?.actor });
  const { deliverToSealed, ...rest } = shown;
  return {
    ...rest,
    deliverTo: deliverToSealed === null ? null : await openAddress(sealer, deliverToSealed),
    links: linksOf(view.id, { shown, ...(role === 'operator' && { workflowUrl }) }),
  };
}

interface LinkedOrder extends Pick<ApiDeps, 'workflowUrl'> {
  readonly shown?: Pick<ProjectedOrder, 'payment'>;
}

/** Where the rest of an order can be read; the trace of its money by those whose money it is, its workflow by operators. */
export function linksOf(orderId: OrderId, { shown, workflowUrl }: LinkedOrder): OrderJson['links'] {
  const self = `/v1/orders/${orderId}`;
  const money = shown?.payment !== null && { money: `${self}/money` };
  const workflow = workflowUrl && { workflow: workflowUrl(orderId) };
  return { self, timeline: `${self}/timeline`, ...money, events: `${self}/events`, ...workflow };
}
