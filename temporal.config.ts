import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type ActivityCancellationType,
  type Duration,
  type RetryPolicy,
} from '@temporalio/common';

/*
 * Everything that is configured at Temporal, in one place: queues, search attributes, retry and time-out policies.
 * Workflow code imports this file too, so it holds plain values only.
 */

/**
 * One queue for the service's own steps, one for what is sent to the parties' own servers, one for their webhooks; the address
 * and TLS come from `@temporalio/envconfig`.
 */
export const taskQueues = {
  orders: 'countersign-orders',
  parties: 'countersign-parties',
  webhooks: 'countersign-webhooks',
} as const;

/** The header that brings a step the id of the request that began its order. */
export const requestIdHeader = 'request-id';

/** The header that brings it the trace, as `@temporalio/interceptors-opentelemetry` names it. */
export const traceHeader = '_tracer-data';

/**
 * What outside parties are asked at most, a second, by all workers together: Temporal keeps count. A receiver that comes back
 * after a weekend is not flooded with what has waited for it.
 */
export const rateLimits = { webhooksPerSecond: 100 } as const;

/**
 * What the Temporal UI can search by. No personal data. SQL visibility takes at most 10 Keyword, 3 Datetime, 3 Int and
 * 3 Text, and the UI hides one that is named `Status`.
 */
export const searchAttributes = {
  stage: defineSearchAttributeKey('OrderStage', SearchAttributeType.KEYWORD),
  attentionStep: defineSearchAttributeKey('AttentionStep', SearchAttributeType.KEYWORD),
  attentionReason: defineSearchAttributeKey('AttentionReason', SearchAttributeType.KEYWORD),
  sellerId: defineSearchAttributeKey('SellerId', SearchAttributeType.KEYWORD),
  distributorId: defineSearchAttributeKey('DistributorId', SearchAttributeType.KEYWORD),
  checkNumber: defineSearchAttributeKey('CheckNumber', SearchAttributeType.KEYWORD),
  amountCurrency: defineSearchAttributeKey('AmountCurrency', SearchAttributeType.KEYWORD),
  amountMinor: defineSearchAttributeKey('AmountMinor', SearchAttributeType.INT),
  attentionSince: defineSearchAttributeKey('AttentionSince', SearchAttributeType.DATETIME),
  deliveryDue: defineSearchAttributeKey('DeliveryDue', SearchAttributeType.DATETIME),
} as const;

/**
 * A cancelled step comes to its end before anything is undone; the SDK's own default (1.24) reports it as cancelled while it
 * still runs, whatever its documentation says.
 */
const SETTLED = 'WAIT_CANCELLATION_COMPLETED';

/**
 * Marks, in its metadata, a payload that stays readable where payloads are encrypted: every list reads the memos of its workflows, so
 * that a key that is lost would otherwise hide all orders from whoever looks for the cause.
 */
export const READABLE_PAYLOAD = 'stays-readable';

/** How a step is tried. Why each figure is what it is stands beside it. */
export const stepPolicies = {
  /**
   * First try: beside the workflow, no history events but one marker. One short attempt: a healthy step takes milliseconds,
   * and one that hangs behind the issue of the check keeps the answer of the POST waiting by no more than this.
   */
  fast: { startToCloseTimeout: '1 second', retry: { maximumAttempts: 1 }, cancellationType: SETTLED },
  /**
   * A decision: a regular activity from the first attempt on, so that the history has it before its effects. Short attempts,
   * for a worker that dies over one; when they have failed, the decision goes on as every other step.
   */
  decisive: {
    startToCloseTimeout: '2 seconds',
    scheduleToCloseTimeout: '8 seconds',
    cancellationType: SETTLED,
    retry: { initialInterval: '200 milliseconds', maximumAttempts: 3 },
  },
  /**
   * After a technical failure: the same step, same key, as a regular activity, seen in the UI with its attempts and last
   * error. It goes on by itself within a minute of the repair; after a day, or at once when no repetition can help, an
   * operator is asked instead. A step is one transaction of milliseconds, so no step heartbeats: 30 seconds find a dead worker.
   */
  durable: {
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '1 day',
    cancellationType: SETTLED,
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 2,
      maximumInterval: '1 minute',
    },
  },
  /**
   * A message to a party's own server, its first attempts: one that answers does so in milliseconds, and may take ten seconds.
   * Then the order says that it waits for that party: after three attempts that fail at once, or one that takes long. An
   * attempt is a server's answer and its keys, ten seconds each at most; it heartbeats, so that a cancel ends it and a dead
   * worker is missed at once.
   */
  transmissionFirst: {
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '30 seconds',
    heartbeatTimeout: '6 seconds',
    cancellationType: SETTLED,
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumAttempts: 3 },
  },
  /** The same from there on: for as long as it takes, and within a minute of the repair. */
  transmission: {
    startToCloseTimeout: '30 seconds',
    heartbeatTimeout: '6 seconds',
    cancellationType: SETTLED,
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  },
  /**
   * One attempt to deliver an event to a party's own server, of ten seconds at most. What the receiver does is its result, and
   * its next time stands in the database: Temporal repeats an attempt only when our own books cannot be read or written.
   */
  webhookAttempt: {
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  },
  /** The same for queues that began before that: an attempt that failed was repeated by Temporal. */
  webhooks: {
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '3 days',
    retry: { initialInterval: '5 seconds', backoffCoefficient: 3, maximumInterval: '6 hours' },
  },
  /** Notes for people (attention in the order's row): retried for as long as it takes, nobody waits for them. */
  notes: {
    startToCloseTimeout: '10 seconds',
    cancellationType: SETTLED,
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  },
  /**
   * A comparison of all the books: minutes with many orders, so it heartbeats and a dead worker is missed after 30 seconds.
   * The schedule's next run comes by itself: this one does not insist.
   */
  comparison: {
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '5 seconds', maximumAttempts: 5 },
  },
} as const satisfies Record<
  string,
  {
    startToCloseTimeout: Duration;
    scheduleToCloseTimeout?: Duration;
    heartbeatTimeout?: Duration;
    cancellationType?: ActivityCancellationType;
    retry: RetryPolicy;
  }
>;

/**
 * The comparison of the books: a Temporal Schedule. One run at a time; a run that would overlap is left out, so that one whose build is
 * gone must not stay without end.
 */
export const reconciliation = {
  scheduleId: 'reconciliation',
  every: '15 minutes',
  endsWithin: '3 hours',
} as const satisfies { scheduleId: string; every: Duration; endsWithin: Duration };

/**
 * How soon a worker that died is missed. A workflow task that it had taken is given to another one after this time; it is also
 * how often a worker reports on a task that takes long. The server's own default is 10 seconds.
 */
export const workflowTaskTimeout = '2 seconds' as const satisfies Duration;

/**
 * From so many events on an order goes on in a new run, at its next quiet moment. The server suggests it at 4,096 events and
 * ends a workflow at 51,200; each message that an order takes is some five.
 */
export const longHistoryEvents = 2_000;

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long an order waits for whom, before a named outcome or attention. */
export const timeouts = {
  /** A buyer who pays by hand: then the order expires and the check is void. */
  paymentIndicationMs: 7 * DAY_MS,
  /** A distributor who plans by hand: then attention, and the wait goes on until the bound below. */
  scheduleReminderMs: 2 * DAY_MS,
  scheduleMs: 14 * DAY_MS,
  /** After the promised date and time: then attention, and the buyer may cancel. */
  overdueGraceMs: DAY_MS,
  /** An impossible dispatch is tried again by itself, for somebody may have repaired the registry: after this, first after … */
  replanFirstMs: 60 * 1000,
  /** … then twice as long each time, at most this: a wait of months stays a small history. */
  replanMostMs: 60 * 60 * 1000,
  /** Whether a suspended party may act again is asked by itself, first as soon as above, then at most after this. */
  suspendedMostMs: DAY_MS,
  /** A seller that demands its payment itself: then attention, and the wait goes on. */
  demandReminderMs: 14 * DAY_MS,
  /** A date that a distributor fixes by hand lies within a year: nobody waits longer for goods. */
  farthestDeliveryMs: 366 * DAY_MS,
  /**
   * A report by a plain signal may lie so long before its order, and so far ahead: clocks and zones of whoever types it. The
   * API, which the distributors' own systems use, is exact.
   */
  reportEarlyMs: 30 * DAY_MS,
  reportAheadMs: 2 * DAY_MS,
  /** So long are parties with servers of their own notified of an early end: then the order ends without their receipts. */
  endedNoticeMs: 30 * DAY_MS,
  /** The last notes for people, after an ending is on record: then the order ends without them. */
  lastNotes: '10 minutes',
} as const satisfies Record<string, Duration>;
