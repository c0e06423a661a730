import type { OrderEvent } from './event-stream.ts';
import { bold, dim, green, money, red } from './screen.ts';

type Words = (body: Readonly<Record<string, unknown>>) => string;

/** What each event of a timeline says to its buyer. */
const WORDS: Readonly<Record<string, Words>> = {
  order_requested: () => 'orders',
  charge_obtained: ({ charge }) => `obtains the charge: ${sum(charge)}`,
  credit_judged: () => 'judges the credit: good',
  seller_verified: ({ sellerId }) => `finds ${text(sellerId)} registered`,
  distributor_verified: ({ distributorId }) => `finds ${text(distributorId)} registered`,
  check_issued: ({ number, charge }) => `issues the e-check ${text(number)} over ${sum(charge)}`,
  check_presented: ({ presentation }) =>
    presentation === undefined
      ? 'presents check, order and address in one message'
      : 'presents check, order and address in one message, signed by the terminal',
  check_validated: () => 'has the check validated: good',
  check_refused: ({ reason }) => `refuses the check: ${text(reason)}`,
  distribution_promised: () => 'gives notice: the goods will be distributed',
  payment_indicated: ({ charge }) => `indicates the payment of ${sum(charge)}`,
  distribution_instructed: () => 'instructs the distribution',
  dispatch_scheduled: ({ deliverAt }) => `fixes the delivery: ${when(deliverAt)}`,
  distribution_reported: ({ kind, note }) => `reports: ${reported(kind)}${note ? ` (${text(note)})` : ''}`,
  distribution_completed: ({ deliveredAt }) => `has delivered the goods at ${when(deliveredAt)}`,
  completion_notified_seller: ({ acknowledgedBy }) =>
    `notifies the seller of the completion${acknowledgedBy ? `, acknowledged by ${text(acknowledgedBy)}` : ''}`,
  completion_notified_office: () => 'notifies the check office of the completion',
  payment_demanded: () => 'demands the payment on the check',
  payment_settled: ({ amount }) => `pays ${sum(amount)} to the seller`,
  check_finalised: () => 'closes the check: final',
  order_completed: () => 'the order is completed',
  attention_raised: () => 'looks after the order: something holds it up',
  attention_cleared: () => 'nothing holds the order up any more',
  payment_refunded: ({ amount }) => `gives back ${sum(amount)}`,
  check_voided: () => 'voids the check',
  check_stopped: () => 'stops the check',
  address_read: () => 'has read the address',
};

/** One line of the timeline for people: when, who, to whom, what. */
export function lineOf({ type, occurredAt, actor, recipient, body }: OrderEvent): string {
  const who = recipient === null ? actor : `${actor} → ${recipient}`;
  return `${dim(clock(occurredAt))}  ${bold(who.padEnd(34))}  ${colour(type)(wordsOf(type, body))}`;
}

function wordsOf(type: string, body: Readonly<Record<string, unknown>>): string {
  const words = WORDS[type];
  if (words) return words(body);
  const reason = body['reason'] ? `: ${text(body['reason'])}` : '';
  return `${type.replaceAll('_', ' ')}${reason}`;
}

const GOOD = ['distribution_promised', 'payment_settled', 'distribution_completed', 'order_completed'];
const BAD = [
  'attention_raised',
  'check_refused',
  'order_declined',
  'order_rejected',
  'order_expired',
  'order_cancelled',
];

function colour(type: string): (text: string) => string {
  if (GOOD.includes(type)) return green;
  return BAD.includes(type) ? red : String;
}

/** Whom an order waits for after that event; `undefined` where something follows at once. */
export function waitingAfter({ type, body, actor }: OrderEvent): string | undefined {
  if (type === 'check_presented' || type === 'check_validated') return 'waiting for the notice of the seller';
  if (type === 'distribution_instructed') return 'waiting for the date of the distributor';
  if (type === 'dispatch_scheduled') return `waiting for the delivery, ${when(body['deliverAt'])}`;
  if (type === 'distribution_reported') return `${reported(body['kind'])}: waiting for the delivery`;
  if (type === 'attention_raised') return 'the check office looks after the order';
  return type === 'distribution_completed' ? `delivered by ${actor}: waiting for the payment` : undefined;
}

function reported(kind: unknown): string {
  return text(kind).replaceAll('_', ' ');
}

function sum(value: unknown): string {
  const { amount, currency } = Object(value) as Record<string, unknown>;
  return typeof amount === 'number' && typeof currency === 'string' ? money({ amount, currency }) : 'the charge';
}

function clock(instant: string): string {
  return new Date(instant).toLocaleTimeString('en-GB');
}

function when(instant: unknown): string {
  return typeof instant === 'string' ? `${instant.slice(0, 16).replace('T', ' ')} UTC` : 'a date to come';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
