/* The door of attention: which orders need a person, why, and which wait for a party. */

export { ordersNeedingAttention, rowsNeedingAttention, type OrderNeedingAttention } from './list.ts';
export { markUnattended, type WorkflowState } from './marks.ts';
export { ordersAwaiting, type AwaitedParty } from './rows.ts';
export { withTrueCause } from './true-cause.ts';
export { isParty, waitingOrders, type WaitingFilter, type WaitingOrder, type WaitingStage } from './waiting.ts';
