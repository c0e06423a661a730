import { BUYER, DISTRIBUTOR, SELLER, type DemoMessage, type DemoMoney, type DemoTrace } from './reads.ts';
import type { DemoEvent } from './terminal.ts';

const SERVERS: Readonly<Record<string, string>> = {
  [BUYER]: 'terminal',
  [SELLER]: 'selling office',
  [DISTRIBUTOR]: 'distributing company',
  [`${DISTRIBUTOR}:dispatch`]: 'its driver',
  'check-office': 'check office',
  service: 'check office',
};

/** The server, of the four, that stands for a party. */
export function serverOf(party: string): string {
  return SERVERS[party] ?? party;
}

type Words = (body: Readonly<Record<string, unknown>>) => string;

/** What happens with each event of the timeline. */
const WORDS: Readonly<Record<string, Words>> = {
  order_requested: () => 'demands an e-check for its order, under its own key',
  charge_obtained: ({ charge }) => `obtained the charge: ${moneyIn(charge)}`,
  credit_judged: () => "judges the credit on the buyer's account: good",
  seller_verified: () => `finds ${SELLER} registered and active`,
  distributor_verified: () => `finds ${DISTRIBUTOR} registered and active`,
  check_issued: ({ charge }) => `holds ${moneyIn(charge)} and issues the signed e-check`,
  check_presented: () => 'presents check, lines and address in one message, signed by its own key',
  check_validated: () => 'asks whether the check is good, before it promises: it is',
  distribution_promised: () => 'gives the notice: the goods will be distributed',
  payment_indicated: ({ charge }) => `indicates the payment of ${moneyIn(charge)}`,
  distribution_instructed: () => 'instructs the distribution, in words that it has signed itself',
  dispatch_scheduled: ({ deliverAt }) =>
    `instructs to deliver on ${String(deliverAt).slice(0, 16).replace('T', ' at ')} UTC, by its own calendar`,
  distribution_reported: ({ kind }) => `reports: ${String(kind).replaceAll('_', ' ')}`,
  distribution_completed: () => 'has delivered the goods',
  completion_notified_office: () => 'completes: the payment may be released',
  completion_notified_seller: () => 'completes, and the selling office signs for it',
  payment_demanded: () => 'demands the payment, with the check and its own data',
  payment_settled: ({ amount }) => `pays ${moneyIn(amount)}`,
  check_finalised: () => 'closes the check: final',
  order_completed: () => 'completes the order',
  attention_raised: () => 'looks after the order: something holds it up',
  attention_cleared: () => 'nothing holds the order up any more',
};

/** An event in one line: from which server to which, what, and the claims that it shows. */
export function eventLine({ type, actor, recipient, body, claims }: DemoEvent): string {
  const from = serverOf(actor);
  const to = recipient === null ? from : serverOf(recipient);
  const way = from === to ? from : `${from} → ${to}`;
  const shown = claims.filter((claim) => claim < 13 || claim === 23);
  const claim = shown.length === 0 ? '' : `  (claim ${shown.join(', ')})`;
  return `${way.padEnd(38)} ${WORDS[type]?.(body) ?? type.replaceAll('_', ' ')}${claim}`;
}

/** A receipt in one line: who signed for what, with which key and verdict. */
export function receiptLine({ kind, to, verdict, keys, attempts }: DemoMessage): string {
  const tries = attempts === 1 ? '' : ` after ${attempts} tries`;
  return `message ${kind} to the ${serverOf(to)}: receipt signed by ${to} (key ${keys?.kid ?? 'unknown'})${tries}, verdict ${String(verdict)}`;
}

/** Whose account has gained or lost what, and that it nets to zero. */
export function moneyLines({ accounts, proof }: DemoTrace): string[] {
  const moved = accounts.filter(({ net }) => net.amount !== 0);
  return [
    ...moved.map(({ accountId, net }) => `${accountId.padEnd(18)} ${net.amount > 0 ? '+' : ''}${moneyText(net)}`),
    `the sum of all entries is ${moneyText(proof.sum)}, still held ${moneyText(proof.held)}: ${proof.netsToZero ? 'it nets to zero' : 'IT DOES NOT NET TO ZERO'}`,
  ];
}

function moneyIn(value: unknown): string {
  const { amount, currency } = Object(value) as Record<string, unknown>;
  return typeof amount === 'number' && typeof currency === 'string' ? moneyText({ amount, currency }) : 'the charge';
}

export function moneyText(money: DemoMoney | null): string {
  if (!money) return '0';
  const { amount, currency } = money;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}
