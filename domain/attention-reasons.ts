import type { StepFault } from './faults.ts';

/** The step of an attention that no step has raised: it concerns the order's workflow itself. */
export const WORKFLOW_STEP = 'workflow';

/** What stands behind a reason for attention: who can remove it, what it means and what to do. docs/operations.md shows the same. */
export interface ReasonAdvice {
  /** Who can remove the cause. `party`: the one whose server it is, which the order's attention names. */
  readonly waitingOn: 'operator' | 'check-office' | 'seller' | 'distributor' | 'party';
  readonly meaning: string;
  readonly whatToDo: string;
  /** It goes on by itself as soon as somebody acts: a retry brings nothing. */
  readonly waits?: true;
}

/** What helps orders whose code fails: they stay on the build on which they began. The watchdog and docs/runbook.md say the same. */
export const FORMER_BUILD =
  '`npm run ops -- rollback` (new orders), then `npm run ops -- drain BAD --move-to GOOD` for those that began on it; ' +
  'without versions: start the former build';

/** No step can be taken, or the workflow cannot go on: what Temporal says of the order's workflow. */
const OF_THE_WORKFLOW = {
  NoWorker: {
    waitingOn: 'operator',
    meaning:
      'nobody reads the queue `countersign-orders`: no worker runs, or none of the current version, or it hangs, or it could not start',
    whatToDo:
      'start a worker, of the version that `ops stuck` names if it names one, and read its log: a wrong setting stands in its last line; kill one that hangs; nothing else',
  },
  NoCurrentVersion: {
    waitingOn: 'operator',
    meaning: 'workers run, but no version of their deployment is current, so no new order reaches them',
    whatToDo: '`npm run ops -- deploy BUILD` with the build that `ops stuck` names',
  },
  NoWorkerOfVersion: {
    waitingOn: 'operator',
    meaning: 'the order is pinned to the version that is named, and no worker of that version runs',
    whatToDo:
      'start a worker of that version again until it is drained, or `npm run ops -- drain OLD --move-to NEW` (docs/upgrades.md)',
  },
  WorkerSilent: {
    waitingOn: 'operator',
    meaning: "a worker took the order and does not answer: it hangs or died, and the order's code is not at fault",
    whatToDo: '`kill -9` the one that hangs: it is started again, and the order goes on by itself; nothing else',
  },
  NotMoving: {
    waitingOn: 'operator',
    meaning: 'nothing has happened to the order for longer than its stage allows, and nobody has said why',
    whatToDo: '`ops show`, then the log of the workers; where its workflow is lost for it, terminate it, then `resume`',
  },
  WorkflowTaskFailing: {
    waitingOn: 'operator',
    meaning: "the workflow's code fails each time it is run; the message follows the reason",
    whatToDo: `${FORMER_BUILD}. Where the message names a key file, put that setting of the workers right instead`,
  },
  WorkflowTerminated: {
    waitingOn: 'operator',
    meaning:
      'somebody terminated the workflow, and the order has not ended, or the server of a party is still to be notified of its end',
    whatToDo: '`ops resume`: it goes on from what is on record; or `ops abort`: what was done is undone',
  },
  WorkflowFailed: {
    waitingOn: 'operator',
    meaning: 'the workflow ended with a failure, and the order has not ended',
    whatToDo: 'read the failure in the Temporal UI, then `ops resume` or `ops abort`',
  },
  WorkflowTimedOut: {
    waitingOn: 'operator',
    meaning: 'the workflow was ended by a time limit that somebody set, and the order has not ended',
    whatToDo: '`ops resume` or `ops abort`',
  },
  WorkflowCanceled: {
    waitingOn: 'operator',
    meaning: 'the workflow ended as cancelled before the order was undone',
    whatToDo: '`ops abort`, or `ops resume` when the order is still wanted',
  },
  WorkflowCompleted: {
    waitingOn: 'operator',
    meaning: 'the workflow has ended well and the row does not know it: the database is older than Temporal',
    whatToDo: "`ops resume`: what is missing on record is taken from the workflow's history (docs/backup.md)",
  },
  WorkflowMissing: {
    waitingOn: 'operator',
    meaning: "Temporal knows no workflow of the order: deleted, or Temporal's own data was lost",
    whatToDo: '`ops resume` or `ops abort`',
  },
  MessageLimit: {
    waitingOn: 'operator',
    meaning: 'the workflow has taken as many messages as Temporal lets one take; reports are on record all the same',
    whatToDo: '`temporal workflow terminate`, then `ops resume`: it goes on from what is on record',
  },
} as const satisfies Record<string, ReasonAdvice>;

/** A step fails for a technical reason. */
const OF_A_STEP = {
  DatabaseUnavailable: {
    waitingOn: 'check-office',
    meaning: 'the database does not answer',
    whatToDo: 'start it again; nothing else',
  },
  DatabaseBusy: {
    waitingOn: 'check-office',
    meaning: 'every connection of a process is in use',
    whatToDo:
      'see what holds them (`pg_stat_activity`); more workers, or a larger `DATABASE_POOL`, when it is only load',
  },
  DatabaseLocked: {
    waitingOn: 'check-office',
    meaning: 'somebody holds the lock on a row that the order needs, such as a forgotten session on an account',
    whatToDo: 'find the session (`pg_blocking_pids`) and end it; nothing else',
  },
  DatabaseSlow: {
    waitingOn: 'check-office',
    meaning: 'the database works on a statement for longer than anybody may wait, or is frozen',
    whatToDo: 'look at its machine and disk; nothing else',
  },
  DatabaseReadOnly: {
    waitingOn: 'check-office',
    meaning: 'the database takes no changes: a standby, or a primary that is one no longer',
    whatToDo: 'let `DATABASE_URL` lead to the primary',
  },
  DatabaseConflict: {
    waitingOn: 'check-office',
    meaning: "transactions stand in each other's way again and again",
    whatToDo: 'wait; a conflict that lasts is a fault of ours',
  },
  DatabaseFull: {
    waitingOn: 'check-office',
    meaning: 'the database has no room on its disk or in its memory',
    whatToDo: 'make room; nothing else',
  },
  DatabaseRefused: {
    waitingOn: 'check-office',
    meaning: 'the database says no: a rule or a missing right',
    whatToDo: 'read the last error; it is a fault of ours or of a migration',
  },
  LedgerRefusal: {
    waitingOn: 'operator',
    meaning: 'the ledger says no to a movement of money that the order needs',
    whatToDo: 'read the last error: the account was closed, frozen or emptied by somebody; repair it, then retry',
  },
  NoSigningKeyError: {
    waitingOn: 'operator',
    meaning: 'no active key signs checks, or its private half is not in the key file',
    whatToDo: 'restore the file of `ECHECK_KEYS_FILE`, or append a new key to it; then retry',
  },
  KeysUnavailable: {
    waitingOn: 'check-office',
    meaning: 'a key file (`MASTER_KEY_FILE`, `ECHECK_KEYS_FILE`, `DATA_DIR/keys`) is missing or wrong',
    whatToDo: 'put it right; it is read again without a restart',
  },
  AccountNotOpen: {
    waitingOn: 'operator',
    meaning: "a refund finds the buyer's account closed",
    whatToDo: 'open the account; nothing else',
  },
  FundsLacking: {
    waitingOn: 'operator',
    meaning: 'a refund finds the seller without the money',
    whatToDo: 'pay in what is lacking; nothing else',
  },
  RecordBehind: {
    waitingOn: 'operator',
    meaning: 'the row knows less than the workflow: the database was restored to an older moment',
    whatToDo:
      "`ops resume`: what is missing on record is taken from the workflow's history (docs/backup.md), then retry",
  },
  TimedOut: {
    waitingOn: 'check-office',
    meaning: 'a step did not answer in its time, and nothing says why: its worker died or hangs',
    whatToDo: 'look at the pending activity and at the worker that took it; it is tried again by itself',
  },
  StepFailed: {
    waitingOn: 'check-office',
    meaning: 'a step fails in a way that nobody has named yet',
    whatToDo: 'read the last error on the card; it is a fault of ours',
  },
  ForgottenError: {
    waitingOn: 'operator',
    meaning: 'the person was forgotten, so the address cannot be opened any more',
    whatToDo: 'abort',
  },
  UnsealableError: {
    waitingOn: 'operator',
    meaning: 'the address cannot be opened: the sealed text was changed, or is none of ours',
    whatToDo: 'abort',
  },
  Parked: {
    waitingOn: 'operator',
    meaning: 'tried for a day, or hopeless; what follows the colon is the cause: it waits for a decision',
    whatToDo: 'remove the cause and retry, or abort',
  },
  SiteUnreachable: {
    waitingOn: 'party',
    meaning: "the party's own server does not answer: refused, too slow, or with another status than 200",
    whatToDo: 'call the party; it is tried again every minute, and at once on a retry or when its registration changes',
  },
  SiteForbidden: {
    waitingOn: 'party',
    meaning:
      "the address of the party's own server is a private one, and the setting `SITE_PRIVATE_TARGETS` does not name it",
    whatToDo:
      'register its public https address (`PUT /v1/registry/…`, `site`), or name the private one in the setting',
  },
  SiteKeysUnavailable: {
    waitingOn: 'party',
    meaning: 'the keys of the party (`/.well-known/jwks.json` at its address) cannot be read or are none',
    whatToDo: 'call the party: its server publishes its public keys there; it is tried again every minute',
  },
  BadReceipt: {
    waitingOn: 'party',
    meaning: "the party's own server answered, and its answer is no receipt: the message's fault says what is wrong",
    whatToDo:
      'read `fault` at `GET /v1/orders/{orderId}/messages` and call the party; nothing of a wrong receipt counts',
  },
  NotValidated: {
    waitingOn: 'party',
    meaning: 'the seller promised distribution without having had the check validated at the check office',
    whatToDo: 'call the seller: its server asks `POST /v1/echecks/validation` first; its promise is asked for again',
  },
  OutsideService: {
    waitingOn: 'party',
    meaning: 'the date that the distributor fixed does not keep its own registered terms',
    whatToDo:
      'call the distributor: other terms, and it is asked again, or another date through `POST /v1/orders/{id}/schedule`',
  },
} as const satisfies Record<StepFault | 'Parked', ReasonAdvice>;

/** The business itself stands still. */
const OF_THE_BUSINESS = {
  out_of_area: {
    waitingOn: 'distributor',
    meaning: 'the distributor does not deliver to that country',
    whatToDo: 'correct its registration (`GET`, then `PUT /v1/registry/distributors/ID`), or abort',
  },
  too_heavy: {
    waitingOn: 'distributor',
    meaning: 'the order weighs more than the distributor carries',
    whatToDo: 'correct its registration (`GET`, then `PUT /v1/registry/distributors/ID`), or abort',
  },
  no_service_day: {
    waitingOn: 'distributor',
    meaning: "the distributor's calendar has no day for it",
    whatToDo: 'correct its registration (`GET`, then `PUT /v1/registry/distributors/ID`), or abort',
  },
  OnRecordAs: {
    waitingOn: 'operator',
    meaning: 'the row stands at the stage that follows the colon, and the workflow does not expect it there',
    whatToDo: "compare the timeline with the workflow's history; then retry or abort",
  },
  NotScheduled: {
    waitingOn: 'distributor',
    waits: true,
    meaning: 'a distributor that plans by hand has fixed no date for two days',
    whatToDo: 'call it; `ops show` says which it is',
  },
  Overdue: {
    waitingOn: 'distributor',
    waits: true,
    meaning: 'a day has passed since the promised delivery',
    whatToDo: 'call the distributor; the buyer may cancel',
  },
  DistributorRefused: {
    waitingOn: 'operator',
    meaning: "the distributor's own server refused the seller's instruction",
    whatToDo: 'settle it with the distributor, which may still fix a date (`POST …/schedule`); or abort',
  },
  DemandRefused: {
    waitingOn: 'operator',
    meaning: 'a payment demand does not fit its check',
    whatToDo: 'do not retry blindly: compare `payment_demanded` with the check',
  },
  SellerSuspended: {
    waitingOn: 'operator',
    waits: true,
    meaning: 'the seller was suspended since the check was issued: it promises, instructs and is paid no more',
    whatToDo: 'lift it (`PUT /v1/registry/sellers/ID`, `active`): the order goes on at once; or abort',
  },
  DistributorSuspended: {
    waitingOn: 'operator',
    waits: true,
    meaning: 'the distributor was suspended since the check was issued: it is not instructed and fixes no date',
    whatToDo: 'lift it (`PUT /v1/registry/distributors/ID`, `active`): the order goes on at once; or abort',
  },
  NotDemanded: {
    waitingOn: 'seller',
    waits: true,
    meaning: 'a seller that demands its payment itself has not done so for two weeks',
    whatToDo:
      'call it; or let the office demand for it (`PUT /v1/registry/sellers/ID`, `paymentDemand: auto`): it is paid at once',
  },
  CompletionMissing: {
    waitingOn: 'operator',
    meaning: 'the check office has no record of the completion, and without it the database releases no payment',
    whatToDo: 'compare the timeline with the books; a retry notifies the office again, then pays',
  },
  ReportAfterEnd: {
    waitingOn: 'operator',
    meaning:
      'the distributor reported something that does not fit of an order that had ended, or whose goods were delivered',
    whatToDo: 'settle with distributor and buyer what became of the goods, then `ops acknowledge`',
  },
} as const satisfies Record<string, ReasonAdvice>;

/** Every reason for attention that the service can raise. A test compares it with the code and with docs/operations.md. */
export const ATTENTION_REASONS = { ...OF_THE_WORKFLOW, ...OF_A_STEP, ...OF_THE_BUSINESS };

export type AttentionReason = keyof typeof ATTENTION_REASONS;

/** The name of a reason without what follows its colon: `Parked:ForgottenError` is `Parked`. Unknown ones are `StepFailed`. */
export function reasonKind(reason: string): AttentionReason {
  const [name = ''] = reason.split(':');
  return isReason(name) ? name : 'StepFailed';
}

/** Who can remove the cause of a reason. */
export function waitingOnFor(reason: string): ReasonAdvice['waitingOn'] {
  return ATTENTION_REASONS[reasonKind(reason)].waitingOn;
}

export function isReason(name: string): name is AttentionReason {
  return Object.hasOwn(ATTENTION_REASONS, name);
}
