import type { OrderActivities } from '../../activities/index.ts';
import type { TransmissionActivities } from '../../activities/transmissions/index.ts';

/** What a person reads beside the activity in the Temporal UI. */
export const SUMMARY: Readonly<Record<keyof OrderActivities, string>> = {
  priceOrder: "the seller's charges of this moment",
  judgeCredit: "the buyer's credit",
  verifySellerRegistration: 'is the seller registered and active',
  verifyDistributorRegistration: 'is the distributor registered and active',
  issueCheck: 'hold, signed check and order row in one transaction',
  validateCheck: 'the seller has the check office validate the check',
  acceptOrder: 'the seller promises distribution',
  indicatePayment: 'the buyer indicates the payment',
  instructDistribution: 'the seller instructs the distributor',
  scheduleDispatch: 'the distributor fixes date and time',
  rescheduleDispatch: 'a new date after a failed attempt',
  changeDate: 'the distributor moves the date',
  recordDistribution: 'what the distributor reported',
  notifySellerOfCompletion: 'the completion reaches the seller',
  recordCompletion: 'the completion on record at the check office',
  recordAcknowledgement: 'the seller has signed for the completion',
  notifyOfficeOfCompletion: 'the completion reaches the check office',
  settlePayment: 'the check office pays the seller',
  finaliseCheck: 'the check becomes final',
  recallOrder: 'what is on record of an order that was decided before',
  decideEnding: 'the decision to end early, on record before its effects',
  voidCheckIfIssued: 'undo: void the check, release the hold',
  cancelDispatchIfInstructed: 'undo: take the instruction back',
  refundIfSettled: 'undo: give back what was paid',
  closeOrder: 'the ending on record',
  noteAttention: 'a note for people',
  noteIntervention: 'a note for people',
};

/** The same of the messages to the parties' own servers. */
export const TRANSMISSION_SUMMARY: Readonly<Record<keyof TransmissionActivities, string>> = {
  presentToSeller: "check, order and address to the seller's server",
  notifySellerOfPaymentIndication: "the payment indication to the seller's server",
  instructDistributor: "the seller's instruction to the distributor's server",
  scheduleAgain: "after a failed attempt: the distributor's server plans again",
  notifySellerOfCompletion: "the completion to the seller's server",
  notifySellerOfPayment: "the payment to the seller's server",
  notifySellerOfEnding: "the early end to the seller's server",
  withdrawFromDistributor: "the instruction is taken back from the distributor's server",
};
