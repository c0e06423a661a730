import type { RefusalCode } from '../../domain/order.ts';

/** One problem type: its HTTP status, a title that never changes, what it means and what the caller should do. */
export interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  readonly whatToDo: string;
}

/** The business's refusals of an order. Every `RefusalCode` of the domain stands here, or this file does not compile. */
const refusals = {
  'credit-declined': {
    status: 402,
    title: 'Credit declined',
    meaning:
      "The buyer's account is not open, or its balance and credit line, less what is held, do not cover the charge.",
    whatToDo: 'Deposit money, raise the credit limit or order less; then order again with a new Idempotency-Key.',
  },
  'seller-not-registered': {
    status: 422,
    title: 'Seller not registered',
    meaning: "The check office's registry does not hold this seller, or has suspended it.",
    whatToDo: 'Choose a seller from GET /v1/sellers; then order again with a new Idempotency-Key.',
  },
  'distributor-not-registered': {
    status: 422,
    title: 'Distributor not registered',
    meaning: "The check office's registry does not hold this distributor, or has suspended it.",
    whatToDo: 'Choose a distributor from GET /v1/distributors; then order again with a new Idempotency-Key.',
  },
  'unknown-commodity': {
    status: 422,
    title: 'Unknown commodity',
    meaning: 'The seller does not offer one of the lines, or the lines are priced in different currencies.',
    whatToDo: 'Choose from GET /v1/sellers/{id}/commodities; then order again with a new Idempotency-Key.',
  },
  'not-deliverable': {
    status: 422,
    title: 'Not deliverable',
    meaning:
      "The distributor's registered terms do not allow this delivery, as `reason` says: `out_of_area`, `too_heavy` or `no_service_day`. Nothing was held.",
    whatToDo: 'Change what `detail` names, or choose another distributor; then order again with a new Idempotency-Key.',
  },
  'price-changed': {
    status: 409,
    title: 'Price changed',
    meaning: 'The charge differs from the `expectedCharge` of the order. Nothing was held.',
    whatToDo: 'Read the prices again, show them, and order again with a new Idempotency-Key.',
  },
  'settlement-not-offered': {
    status: 422,
    title: 'Settlement not offered',
    meaning: 'The seller is not paid at the moment that `settleOn` asks for. Nothing was held.',
    whatToDo: 'Leave `settleOn` out, or ask for what the seller offers; then order again with a new Idempotency-Key.',
  },
  'echeck-invalid': {
    status: 422,
    title: 'E-check invalid',
    meaning: 'The check office refused the e-check; `reason` says why.',
    whatToDo: 'Present the check exactly as it was issued, once, to its payee, before it expires.',
  },
  'refused-by-seller': {
    status: 409,
    title: 'Refused by the seller',
    meaning: 'The seller refused the order. The check is void and nothing is held.',
    whatToDo: "Read the refusal's detail; order again elsewhere with a new Idempotency-Key.",
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key reused',
    meaning: 'This Idempotency-Key came before with another body. A key belongs to one request, permanently.',
    whatToDo: 'Repeat the first request unchanged, or use a new key for a new one.',
  },
} as const satisfies Record<RefusalCode, ProblemType>;

const requestFaults = {
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    meaning: 'The request cannot be read: broken JSON, wrong UTF-8, too deeply nested, or a broken address.',
    whatToDo: 'Send one JSON document in UTF-8, nested no deeper than 16 levels.',
  },
  'idempotency-key-required': {
    status: 400,
    title: 'Idempotency-Key required',
    meaning: 'This request moves money or starts an order, and a repeat of it must be recognised.',
    whatToDo: 'Send the header Idempotency-Key with 1 to 255 printable characters, new for each new request.',
  },
  unauthorized: {
    status: 401,
    title: 'Not authenticated',
    meaning: 'There is no bearer token, or it is not valid (any more).',
    whatToDo: 'Send `Authorization: Bearer <token>` with a token from the configured issuer, or an API key.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    meaning: "The token's role, or the API key's scope, does not allow this request.",
    whatToDo: 'Use the token of a party with the role that the API description names.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    meaning: 'It does not exist, or it belongs to somebody else.',
    whatToDo: 'Check the address and the id.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The address exists, but not with this method.',
    whatToDo: 'Use one of the methods in the Allow header.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Payload too large',
    meaning: 'The request body is larger than this address takes: 64 kB, more for orders, offers and registrations.',
    whatToDo: 'Send less: an order takes at most 1,000 lines, a change of offers as many.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body is not application/json in UTF-8, or it is compressed in an unknown way.',
    whatToDo: 'Send `Content-Type: application/json`.',
  },
  'invalid-request': {
    status: 422,
    title: 'Invalid request',
    meaning: 'The request can be read but does not fit the API description; `errors` names each place by JSON pointer.',
    whatToDo: 'Fix what `errors` names. Nothing was done.',
  },
  'event-id-reused': {
    status: 422,
    title: 'Event id reused',
    meaning: 'This `eventId` came before with another content. One id is one event; the first stays on record.',
    whatToDo: 'Report what happened under an id of its own.',
  },
  'outside-service': {
    status: 422,
    title: 'Outside the service',
    meaning:
      "The distributor's own terms do not allow this date: the goods cannot be there yet, or it does not deliver then.",
    whatToDo: 'Fix another date; `nextPossible` is the next one that would go.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    meaning: 'This party has sent more requests than its rate limit allows.',
    whatToDo: 'Wait for the seconds in Retry-After; the RateLimit headers show what is left.',
  },
} as const satisfies Record<string, ProblemType>;

const stateConflicts = {
  'illegal-transition': {
    status: 409,
    title: 'Illegal transition',
    meaning: 'The order is at a stage at which this cannot be done: too early or too late. Nothing changed.',
    whatToDo: "Read the order's stage and its links.",
  },
  'amount-differs': {
    status: 422,
    title: 'Amount differs',
    meaning: "The amount that the payment is indicated with is not the order's charge. Nothing changed.",
    whatToDo: 'Indicate the `charge`, or leave the amount out.',
  },
  'party-suspended': {
    status: 409,
    title: 'Party suspended',
    meaning:
      'The check office has suspended this party since the check was issued: it neither promises, plans nor is paid. Nothing changed.',
    whatToDo: 'Ask the check office. Once the suspension is lifted, repeat the same request.',
  },
  'refund-exceeds-settled': {
    status: 409,
    title: 'Refund exceeds what was settled',
    meaning: 'All refunds of an order together cannot exceed what was settled for it.',
    whatToDo: 'Read GET /v1/orders/{id}/money and refund no more than what is left.',
  },
  'insufficient-funds': {
    status: 409,
    title: 'Insufficient funds',
    meaning: 'The account that would pay lacks the money, after what is held on it.',
    whatToDo: 'Deposit money to that account, or move less.',
  },
  'account-not-open': {
    status: 409,
    title: 'Account not open',
    meaning: 'The account is frozen or closed: nothing is paid out of it.',
    whatToDo: 'Ask the check office; it freezes and reopens accounts.',
  },
  'version-conflict': {
    status: 409,
    title: 'Version conflict',
    meaning: 'Somebody else has changed it since it was read: its version is another one by now. Nothing changed.',
    whatToDo: 'Read it again, make the change there, and send it with the version that it has now.',
  },
  'limit-reached': {
    status: 409,
    title: 'Limit reached',
    meaning: 'The party has as many of these as it may.',
    whatToDo: 'Delete one that is no longer needed.',
  },
  'account-conflict': {
    status: 409,
    title: 'Account conflict',
    meaning: 'The account exists with other properties, or its state or currency does not allow the change.',
    whatToDo: 'Read the account and send a change that fits it.',
  },
} as const satisfies Record<string, ProblemType>;

const serverFaults = {
  'internal-error': {
    status: 500,
    title: 'Internal error',
    meaning: "A fault of the service, recorded with the request's id.",
    whatToDo: 'Repeat with the same Idempotency-Key later; report the request id.',
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    meaning:
      'The database, Temporal or the issuer of access tokens cannot be reached just now, or does not answer in time; `detail` says which. Nothing is half done, but the request may still take effect.',
    whatToDo:
      'Repeat the same request, with the same Idempotency-Key, after the seconds in Retry-After, or read the order to see what became of it.',
  },
} as const satisfies Record<string, ProblemType>;

/** The one catalogue of problems. The slugs are the API's promise: they are added, never renamed. */
export const PROBLEMS = { ...refusals, ...requestFaults, ...stateConflicts, ...serverFaults };

export type ProblemSlug = keyof typeof PROBLEMS;

/** The `type` of a problem: a relative reference that this service answers with the type's description. */
export function problemUri(slug: ProblemSlug): string {
  return `/problems/${slug}`;
}
