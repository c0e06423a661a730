/*
 * How receivers are treated that fail, and how the work is shared. The database keeps the state, so that every worker knows it.
 */

/** So many failures in a row open a webhook's circuit breaker: one lost packet does not, a dead receiver soon does. */
export const BREAKER_FAILURES = 5;

/**
 * A failed delivery, and a receiver behind an open breaker, is tried again after as long as it has failed already: the waits
 * double by themselves. At least this long …
 */
export const LEAST_WAIT_SECONDS = 5;
/** … and at most this: whoever comes back after a weekend has its events within half an hour. */
export const MOST_WAIT_SECONDS = 30 * 60;

/** `Retry-After` is honoured up to this; who asks for more is asked again all the same. */
export const MOST_RETRY_AFTER_MS = 60 * 60 * 1000;

/**
 * After so many days of nothing but failures a webhook is disabled, and a delivery that alone fails for so long is dead.
 * So few tries do not count: a webhook with an event a month has not failed for long after two.
 */
export const DAYS_OF_FAILURES = 3;
export const LEAST_FAILURES_TO_DISABLE = 10;

/** Lanes at work at once for a webhook, and for all webhooks of a party: its share of what the workers can do. */
export const LANES_OF_WEBHOOK = 10;
export const LANES_OF_PARTY = 20;

/** A lane of which nothing was heard for so long is told again: its worker died, or its workflow was terminated. */
export const FORGOTTEN_AFTER_SECONDS = 120;
/** A lane that could not be told (Temporal was away) is told again after this. */
export const TELL_AGAIN_SECONDS = 5;
/** So long after its time is over the one that was to try a failing receiver is given up, and another tries. */
export const PROBE_GRACE_SECONDS = 60;
