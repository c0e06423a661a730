import type { components, Money } from '../../client/index.ts';
import type { OrderEvent } from '../shared/events.ts';
import { formatMoney, formatWhen, formatWord } from '../shared/format.ts';

export type EventType = NonNullable<components['schemas']['NewWebhook']['types']>[number];

/**
 * What an event says, as one sentence: who did what, with what comes along as far as whoever reads it may know it. `isAgain`: the same was
 * done before.
 */
export function sentenceOf(event: OrderEvent, isAgain = false): string {
  const say = Object.hasOwn(SENTENCES, event.type) ? SENTENCES[event.type as EventType] : undefined;
  return say ? say({ ...factsOf(event), isAgain }) : `${formatWord(event.type)}.`;
}

/** What a sentence is made of. */
interface Facts {
  readonly who: string;
  /** Whom it is for. */
  readonly whom: string;
  /** A text of the body; empty where it is missing or withheld. */
  readonly text: (member: string) => string;
  /** The same, led in: ` for €12.50`. Empty where there is nothing. */
  readonly money: (member: string, before: string) => string;
  readonly when: (member: string, before: string) => string;
  readonly said: (member: string, before?: string) => string;
  readonly is: (member: string) => boolean;
  readonly isAgain: boolean;
}

const SENTENCES: Readonly<Record<EventType, (facts: Facts) => string>> = {
  order_requested: ({ who, said }) =>
    `${who} orders${said('sellerId', ' from ')}${said('distributorId', ', to be delivered by ')}.`,
  charge_obtained: ({ money }) => `The charge is obtained${money('charge', ': ')}.`,
  credit_judged: ({ is }) =>
    is('good')
      ? 'The check office finds the credit good.'
      : 'The check office finds that the credit does not cover it.',
  seller_verified: ({ said }) => `The check office finds the seller${said('sellerId', ' ')} registered.`,
  distributor_verified: ({ said }) => `The check office finds the distributor${said('distributorId', ' ')} registered.`,
  check_issued: ({ whom, money, when }) =>
    `The check office issues the check to ${whom}${money('charge', ', over ')}${when('expiresAt', ', good until ')}.`,
  check_presented: ({ who, whom }) => `${who} presents the check to ${whom}, with order and address.`,
  check_validated: ({ who }) => `${who} has the check validated at the check office: it is good.`,
  check_refused: ({ who, said }) => `${who} has the check validated: it is refused${said('reason', ', ')}.`,
  distribution_promised: ({ who, whom, said }) =>
    `${who} promises distribution to ${whom}${quoted(said('notice', ''))}.`,
  payment_indicated: ({ who, money, whom }) => `${who} indicates the payment${money('charge', ' of ')} to ${whom}.`,
  distribution_instructed: ({ who, whom }) => `${who} instructs ${whom}, with goods and address.`,
  dispatch_scheduled: ({ who, when, isAgain }) =>
    isAgain
      ? `${who} moves the delivery${when('deliverAt', ' to ')}.`
      : `${who} fixes the delivery${when('deliverAt', ' for ')}.`,
  distribution_reported: ({ who, text, said }) => `${who} ${reported(text('kind'))}${quoted(said('note', ''))}.`,
  distribution_completed: ({ who, said }) => `${who} has delivered${said('receivedBy', '; received by ')}.`,
  completion_notified_seller: ({ who, whom }) => `${who} notifies ${whom} of the delivery.`,
  completion_notified_office: ({ who }) => `${who} notifies the check office of the delivery.`,
  payment_demanded: ({ who, money, said }) =>
    `${who} demands the payment${money('charge', ' of ')}${said('reference', ', reference ')}.`,
  payment_settled: ({ money, said }) =>
    `The check office pays${money('amount', ' ')}${said('from', ' from ')}${said('to', ' to ')}.`,
  check_finalised: () => 'The check is final.',
  order_completed: () => 'The order is complete.',
  order_declined: (facts) => ended('declined', facts),
  order_rejected: (facts) => ended('rejected', facts),
  order_expired: (facts) => ended('out of time', facts),
  order_cancelled: (facts) => ended('cancelled', facts),
  order_refunded: (facts) => ended('refunded', facts),
  check_stopped: ({ who, said }) => `${who} stops the check${quoted(said('reason', ''))}.`,
  check_voided: ({ text }) => `The check is ${text('status') || 'voided'}; what was held is free again.`,
  dispatch_cancelled: () => 'The delivery is called off.',
  payment_refunded: ({ who, money, said }) => `${who} gives back${money('amount', ' ')}${quoted(said('reason', ''))}.`,
  attention_raised: ({ text, said }) =>
    text('step') === ''
      ? 'The check office looks after the order.'
      : `The order needs attention at ${text('step')}${said('reason', ': ')}${said('waitingOn', ', waiting for ')}.`,
  attention_cleared: ({ said }) => `What needed attention is settled${said('step', ' at ')}.`,
  intervention_made: ({ who, text, said }) =>
    text('action') === ''
      ? `${who} has done something about it.`
      : `${who} intervenes: ${text('action').replaceAll('_', ' ')}${quoted(said('reason', ''))}.`,
  address_read: ({ who, said }) => `${who} reads the delivery address${quoted(said('reason', ''))}.`,
  message_ignored: ({ text, said }) =>
    `A message is ignored${text('message') === '' ? '' : `: ${text('message')}`}${said('why', ', ')}.`,
};

/** Every type of event that has its own sentence. */
export const WORDED = Object.keys(SENTENCES);

const REPORTS: Readonly<Record<string, string>> = {
  picked_up: 'has picked the goods up',
  in_transit: 'has the goods on their way',
  failed_attempt: 'has tried to deliver, and failed',
  returned: 'has returned the goods',
  lost: 'has lost the goods',
  delivered: 'has delivered',
};

function reported(kind: string): string {
  return REPORTS[kind] ?? `reports ${kind.replaceAll('_', ' ')}`;
}

function ended(how: string, { who, said }: Facts): string {
  const by = who === 'The service' || who === 'The check office' ? '' : ` by ${who}`;
  return `The order is ${how}${by}${quoted(said('reason', ''))}.`;
}

function quoted(words: string): string {
  return words === '' ? '' : `: "${words.replace(/\.$/, '')}"`;
}

function factsOf({ actor, recipient, body }: OrderEvent): Omit<Facts, 'isAgain'> {
  const text = (member: string): string => {
    const value = body[member];
    return typeof value === 'string' ? value : '';
  };
  const led = (words: string, before: string): string => (words === '' ? '' : before + words);
  return {
    who: nameOf(actor),
    whom: recipient === null ? 'the other party' : lowerFirst(nameOf(recipient)),
    text,
    said: (member, before = '') => led(text(member), before),
    when: (member, before) => led(text(member) && formatWhen(text(member)), before),
    money: (member, before) => led(isMoney(body[member]) ? formatMoney(body[member]) : '', before),
    is: (member) => body[member] === true,
  };
}

const NAMES: Readonly<Record<string, string>> = {
  service: 'The service',
  'check-office': 'The check office',
  temporal: 'Temporal',
};

/** Who acts. A party's own part, as in `distributor-swift:dispatch`, is the party. */
export function nameOf(actor: string): string {
  return NAMES[actor] ?? actor.split(':')[0] ?? actor;
}

function lowerFirst(name: string): string {
  return name.startsWith('The ') ? `the ${name.slice(4)}` : name;
}

function isMoney(value: unknown): value is Money {
  const { amount, currency } = Object(value) as Partial<Money>;
  return typeof amount === 'number' && typeof currency === 'string';
}
