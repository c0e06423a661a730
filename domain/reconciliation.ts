/** Every way in which the books can disagree, with what an operator does about it. */
export const WHAT_TO_DO = {
  'entries-differ':
    "Somebody wrote around the ledger. Compare the transfer with its entries, restore the rows from a backup, and find out who has the owner's password.",
  'balance-differs':
    'Freeze the account. Its entries are the truth: set the stored balance to their sum as the owner of the tables, and find out who wrote it.',
  'held-differs':
    'Freeze the account. Its entries are the truth: set the stored held sum to their sum as the owner of the tables, and find out who wrote it.',
  'limit-exceeded':
    'Freeze the account and raise its credit line, or have the buyer pay in: it has promised more than it has.',
  'order-missing':
    'Money or a check names an order that is not on record. Restore the order from a backup before anything else.',
  'hold-resolved-twice':
    "The hold was paid or released more than once. Keep the first resolution and reverse the others with the owner's hand.",
  'hold-without-check':
    'Money is held for a check that does not exist. Restore the check from a backup, or release the hold.',
  'check-without-hold':
    'The check promises money that is not held for it. Revoke it: stop the check, then cancel the order.',
  'check-differs-from-order':
    "Check and order name different sums or parties. The signed check is the truth: correct the order's row from it.",
  'check-status-differs': "The ledger is the truth: move the check's status to what became of its hold.",
  'refunded-too-much':
    'More was given back than was paid. Claim the difference from the buyer, and find out who wrote the refund.',
  'settled-differs': "The ledger is the truth: correct the order's settled amount from its captures.",
  'refunded-differs': "The ledger is the truth: correct the order's refunded amount from its refunds.",
  'payment-status-differs': "The ledger is the truth: correct the order's payment status from it.",
  'ended-with-hold': "The order has ended and still holds the buyer's money: release the hold.",
  'ended-but-charged': 'The order ended without effect and still cost the buyer: refund it.',
  'completed-unpaid':
    "The order is completed and the seller was not paid: settle it by hand, or cancel it with the seller's consent.",
  'message-without-order':
    "A party's server was sent a message of an order that is not on record. Restore the order from a backup before anything else.",
  'promise-differs':
    "The seller's server signed a refusal and the order is promised all the same: the signed receipt is the truth. Cancel the order, and find out who wrote the promise.",
  'promise-unvalidated':
    "The seller's promise stands without its question for the validation (claim 2): restore the order's events from a backup.",
  'completed-unreceipted':
    "The order is completed, and the seller's server has not signed for completion and payment: restore its messages from a backup.",
  'end-unreceipted':
    "The order has ended early while nobody worked on it, and a party's server that has messages of it was not told: `npm run ops -- resume ORDER --because …` tells it.",
  'message-altered':
    'A message that was sent is kept with another text: restore the row from a backup; its receipt names the digest of the true one.',
  'receipt-altered':
    'A receipt is kept that its party has not signed so: restore the row from a backup, and find out who wrote it.',
  'expired-check-open':
    'The check ran out while nobody works on its order: the schedule `reconciliation` expires it and releases its hold, as soon as a worker runs.',
  'record-unheard':
    'Its workflow has not taken up what stands on its record, and the schedule `reconciliation` signals it again: if this stays, look at it in the Temporal UI, then terminate and resume it.',
  'workflow-missing':
    'The order stands still, nobody works on it: start its workflow again with `npm run ops -- resume ORDER --because …`, or end it with `npm run ops -- abort ORDER --because …`.',
  'workflow-failing':
    "The workflow's code fails each time it is run: deploy a build without the fault, and it goes on by itself; or terminate it, then `npm run ops -- resume` or `abort`.",
  'workflow-unread':
    'No worker of the version that the workflow is pinned to runs: start one until the version is drained, or move its orders (docs/upgrades.md).',
  'workflow-left-open':
    'The order has ended and its workflow runs on, as after a restore of Temporal to an older moment: `npm run ops -- resume ORDER --because …` ends it.',
  'workflow-without-order':
    "A workflow runs that has no order on record, as after a restore of the database to an older moment: `npm run ops -- resume ORDER --because …` puts it on record from the workflow's history.",
  'order-lost':
    "A workflow has ended whose order is not on record, as after a restore of the database to an older moment: `npm run ops -- resume ORDER --because …` puts it on record from the workflow's history.",
  'record-behind':
    "The record knows less than the workflow, as after a restore of the database to an older moment: `npm run ops -- resume ORDER --because …` takes what is missing from the workflow's history.",
  'workflow-behind':
    'The workflow knows less than the record, as after a restore of Temporal to an older moment: `npm run ops -- resume ORDER --because …` starts it again, and it goes on from the record.',
  'endings-differ':
    "Record and workflow have ended otherwise, so somebody decided while they stood apart: compare the timeline with the workflow's history. The record alone says what became of the money.",
  'outbox-reader-ahead':
    'The reader for webhooks stands beyond the newest event, as after a partial restore. A running worker resets it within seconds and sends again rather than too little: if this stays, start a worker and look at its log.',
  'outbox-reader-missing':
    "Nobody reads events for webhooks. As the owner of the tables: insert into outbox_readers (name, transaction_id, event_id, place) values ('webhooks', '0', 0, webhooks_place_anew()).",
} as const satisfies Record<string, string>;

export type DriftKind = keyof typeof WHAT_TO_DO;

/** One disagreement. Names the order where there is one, otherwise the account. */
export interface Drift {
  readonly kind: DriftKind;
  readonly orderId: string | null;
  readonly accountId: string | null;
  /** What differs, with both values. */
  readonly detail: string;
  readonly whatToDo: string;
}

/** Makes a drift with its advice. */
export function driftOf(
  kind: DriftKind,
  about: { orderId?: string | null; accountId?: string | null; detail: string },
): Drift {
  const { orderId = null, accountId = null, detail } = about;
  return { kind, orderId, accountId, detail, whatToDo: WHAT_TO_DO[kind] };
}
