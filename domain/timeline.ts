/** Every kind of event in an order's timeline, with the claims that it shows (claims 13-22 are 1-5 and 8-12 as a method). */
export const EVENT_CLAIMS = {
  order_requested: [1, 13],
  charge_obtained: [1, 13],
  credit_judged: [1, 13],
  seller_verified: [3, 15],
  distributor_verified: [10, 20],
  check_issued: [1, 6, 13],
  check_presented: [1, 8, 13, 18],
  check_validated: [2, 14],
  check_refused: [2, 14],
  distribution_promised: [1, 13],
  payment_indicated: [4, 16],
  distribution_instructed: [9, 11, 19, 21],
  dispatch_scheduled: [11, 21],
  distribution_reported: [12, 22],
  distribution_completed: [12, 22],
  completion_notified_seller: [12, 22],
  completion_notified_office: [23],
  payment_demanded: [5, 7, 17],
  payment_settled: [5, 17],
  check_finalised: [23],
  order_completed: [],
  order_declined: [1],
  order_rejected: [],
  order_expired: [],
  order_cancelled: [],
  order_refunded: [],
  check_stopped: [],
  check_voided: [],
  dispatch_cancelled: [],
  payment_refunded: [],
  attention_raised: [],
  attention_cleared: [],
  intervention_made: [],
  address_read: [],
  message_ignored: [],
} as const satisfies Record<string, readonly number[]>;

export type EventType = keyof typeof EVENT_CLAIMS;

export const EVENT_TYPES = Object.keys(EVENT_CLAIMS) as readonly EventType[];

/** An event about to be recorded. `key` is unique within the order: the same event recorded twice is one event. */
export interface NewEvent {
  readonly key: string;
  readonly type: EventType;
  /** A party id, or `service`. */
  readonly actor: string;
  readonly recipient?: string;
  /** No personal data in plain text. */
  readonly body: Record<string, unknown>;
  /** RFC 3339. */
  readonly occurredAt?: string;
}

/** One event of an order's timeline: what happened, when, by whom, to whom. */
export interface TimelineEvent {
  /** Grows in the order of recording. */
  readonly id: string;
  readonly type: EventType;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** A party id, or `service`. */
  readonly actor: string;
  readonly recipient: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** The claims that this event shows. */
  readonly claims: readonly number[];
}
