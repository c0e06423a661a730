import { isOnTheWay, situationOf } from '../../domain/delivery.ts';
import type { Role } from '../../domain/party.ts';
import type { RunningOrder } from './running-order.ts';

/** The distributor has the order on its list: only from here on can its reports be about these goods. */
export function isDispatched({ stage }: RunningOrder): boolean {
  return stage === 'scheduled' || stage === 'in_distribution';
}

/** The goods are with the buyer, whether or not a step has taken it up yet: nothing may be undone any more. */
export function isDelivered(order: RunningOrder): boolean {
  return isDispatched(order) && situationOf(order.inbox.reports.values()) === 'delivered';
}

/** Before the goods leave, anybody may end the order; then only the operator, or the buyer of an overdue delivery. Never after delivery. */
export function mayCancel(order: RunningOrder, role: Role = 'operator'): boolean {
  const { inbox } = order;
  if (!order.reversible || inbox.ending || isDelivered(order) || order.reached.has('delivered')) return false;
  if (!isDispatched(order) || !isOnTheWay(situationOf(inbox.reports.values()))) return true;
  return role === 'operator' || (role === 'buyer' && order.overdue);
}
