/* The door of the orders: what is on record of an order, read and written, and how it ends. */

export { recordAttention } from './attention.ts';
export {
  cancelDispatch,
  closeOrder,
  decideEnding,
  endOrder,
  refundPayment,
  releaseCheck,
  type Closed,
  type Decision,
} from './closing.ts';
export { readDispatchFacts, type DispatchFacts } from './dispatch-facts.ts';
export { expireChecks } from './expiry.ts';
export {
  RECORD_BEHIND,
  abortFromRow,
  acknowledgeOrder,
  nothingToResume,
  notifyOfEnd,
  resumeOrder,
  type InterventionRefusalCode,
  type StartAgain,
} from './interventions.ts';
export { ordersWithPendingRecords, pendingRecordDrift } from './pending-records.ts';
export {
  countRemovedHindrances,
  countRefusedPresentations,
  isCompletionOnRecord,
  listOrders,
  readOrder,
  readOrders,
  ordersFitting,
  type OrderFilter,
  type ListPlace,
  type OrderRecord,
  type Scope,
} from './reading.ts';
export {
  notePersonalRead,
  openAddress,
  openEvent,
  readPersonalData,
  resealAddress,
  type PersonalData,
} from './personal-data.ts';
export { refundOrder, type RefundRefusalCode } from './refunds.ts';
export { raiseUnattended, readReports, recordReport, situationRecord } from './reports.ts';
export { readRequest, recordRequested, requestDetails, requestedEvent, type RequestedOrder } from './request.ts';
export {
  RecordBehindError,
  answerOf,
  lockOrderState,
  noteEvents,
  readOrderState,
  recordStep,
  suspensionOf,
  type OrderState,
  type Recorded,
  type StepRecord,
} from './step-record.ts';
export { eventOf, readTimeline } from './timeline.ts';
export { isEndUnsigned, ordersWithUnsignedEnd } from './unsigned-ends.ts';
export { checkValidated, isCheckValidated, recordValidation } from './validated.ts';
