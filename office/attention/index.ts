/* The door of attention: which orders need a person, why, and which wait for a party. */

export { diagnose, type Diagnosis } from './diagnosis.ts';
export { ordersNeedingAttention, rowsNeedingAttention, type OrderNeedingAttention } from './list.ts';
export { markUnattended, type WorkflowState } from './marks.ts';
export { ordersAwaiting, type AwaitedParty } from './rows.ts';
export { watch, type Watch } from './watch.ts';
export { withTrueCause } from './true-cause.ts';
export {
  isParty,
  WAITING_STAGES,
  waitingOrders,
  waitingRows,
  whatFor,
  type WaitingFilter,
  type WaitingOrder,
  type WaitingPlace,
  type WaitingStage,
} from './waiting.ts';
