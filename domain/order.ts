import type { MoneyJson } from './money.ts';
import type { CheckStatus, TerminalKey } from './echeck.ts';
import type { CheckNumber, OrderId } from './ids.ts';
import type { Agent } from './party.ts';

/** What the buyer asks for: so many of a commodity. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** A line with the seller's charge of the moment of ordering. */
export interface PricedLine extends OrderLine {
  readonly name: string;
  /** Of one. Absent in orders that were priced before it was kept. */
  readonly weightGrams?: number;
  /** Hours by the calendar until it can be handed over. Absent like the weight. */
  readonly handlingHours?: number;
  readonly unitPrice: MoneyJson;
  readonly total: MoneyJson;
}

/**
 * Where the goods go. Personal data: travels and rests sealed. As it was sent; which of the optional parts an address needs
 * follows its country (`domain/address.ts`).
 */
export interface DeliverTo {
  readonly name: string;
  readonly company?: string;
  readonly street: string;
  readonly street2?: string;
  readonly city?: string;
  readonly region?: string;
  readonly postalCode?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly phone?: string;
  readonly note?: string;
}

/** When the seller is paid: after the confirmed delivery, or right after the acceptance notice (claim 5 literally). */
export const SETTLE_ON = ['delivery', 'notice'] as const;
export type SettleOn = (typeof SETTLE_ON)[number];

/** What has become of the charge. */
export const PAYMENT_STATUSES = ['none', 'held', 'settled', 'voided', 'refunded'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** True once the seller was paid, also when it has given back since. */
export function wasPaid(status: PaymentStatus): boolean {
  return status === 'settled' || status === 'refunded';
}

/** What a request said beside what stands in the order's own columns: kept so that a lost workflow can begin again. */
export interface RequestDetails {
  readonly terminalId: string;
  /** The key of the terminal to which the check is bound. Absent: it is bound to its buyer alone. */
  readonly terminalKey?: TerminalKey;
  /** SHA-256 over lines, address and salt, as it stands in the check. */
  readonly orderDigest: string;
  readonly expectedCharge?: MoneyJson;
  readonly presentation?: Agent;
  readonly payment?: Agent;
  /** When the buyer asks that the seller be paid; absent: as the seller has it. The row's own column says what was settled. */
  readonly settleOn?: SettleOn;
}

/** Every way in which the business says no to an order. Outcomes, not exceptions. */
export type RefusalCode =
  | 'credit-declined'
  | 'seller-not-registered'
  | 'distributor-not-registered'
  | 'unknown-commodity'
  | 'not-deliverable'
  | 'price-changed'
  | 'settlement-not-offered'
  | 'echeck-invalid'
  | 'refused-by-seller'
  | 'idempotency-key-reused';

/** Why an order was refused, as its parties read it. */
export interface OrderRefusal {
  readonly code: RefusalCode;
  readonly detail: string;
  /** Which rule says no, where the code stands for several. */
  readonly reason?: string;
}

/** Why an order needs a person: shown in the API, the Temporal UI and found by one visibility query. */
export interface Attention {
  readonly step: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  readonly waitingOn: string;
}

/** The order as the HTTP contract shows it; `deliverTo` is added by whoever may open it. */
export interface OrderView {
  readonly id: OrderId;
  readonly stage: Stage;
  readonly attention: Attention | null;
  readonly refusal: OrderRefusal | null;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  /** Without prices until the order was priced. */
  readonly lines: readonly (OrderLine | PricedLine)[];
  readonly charge: MoneyJson | null;
  readonly deliverToSealed: string;
  readonly settleOn: SettleOn;
  readonly echeck: { number: CheckNumber; status: CheckStatus; expiresAt: string; jws: string } | null;
  readonly distribution: { deliverAt: string | null; status: string } | null;
  readonly payment: { status: PaymentStatus; amount: MoneyJson | null };
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The most lines that one order has. */
export const MOST_LINES = 1_000;

/** So many travel with the view of their order through its workflow, whose history holds each answer of a step. */
const MOST_CARRIED_LINES = 100;

export function isLargeBasket(lines: readonly OrderLine[]): boolean {
  return lines.length > MOST_CARRIED_LINES;
}

/** The view as a workflow carries it: without the lines of a large basket. Whoever shows them reads the order's row. */
export function carriedView(view: OrderView): OrderView {
  return isLargeBasket(view.lines) ? { ...view, lines: [] } : view;
}

/** The stages of an order, in the order in which a good one goes through them, then the early endings. */
export const STAGES = [
  'requested',
  'check_issued',
  'presented',
  'accepted',
  'scheduled',
  'in_distribution',
  'delivered',
  'completed',
  'declined',
  'rejected',
  'expired',
  'cancelled',
  'refunded',
] as const;

export type Stage = (typeof STAGES)[number];

/** The one table of allowed moves. What is not listed cannot happen. */
export const MOVES: Readonly<Record<Stage, readonly Stage[]>> = {
  requested: ['check_issued', 'declined', 'rejected', 'cancelled', 'expired'],
  check_issued: ['presented', 'rejected', 'cancelled', 'expired'],
  presented: ['accepted', 'rejected', 'cancelled', 'expired'],
  accepted: ['scheduled', 'cancelled', 'expired', 'refunded'],
  scheduled: ['in_distribution', 'delivered', 'cancelled', 'refunded'],
  in_distribution: ['delivered', 'cancelled', 'refunded'],
  delivered: ['completed'],
  completed: ['refunded'],
  declined: [],
  rejected: [],
  expired: [],
  cancelled: [],
  refunded: [],
};

/** True when an order in `from` may move to `to`. */
export function mayMove(from: Stage, to: Stage): boolean {
  return MOVES[from].includes(to);
}

/** True when the order's workflow has ended; only a refund may still change a `completed` one. */
export function isEnded(stage: Stage): boolean {
  return stage === 'completed' || MOVES[stage].length === 0;
}

/** The stages that a good order comes through from `stage` on; none from an early ending. */
export function stagesFrom(stage: Stage): readonly Stage[] {
  return STAGES.slice(STAGES.indexOf(stage), STAGES.indexOf('completed') + 1);
}

/** True when an order in `stage` has come further than one in `than`. Of two that have ended neither has. */
export function isFurther(stage: Stage, than: Stage): boolean {
  return !isEnded(than) && (isEnded(stage) || STAGES.indexOf(stage) > STAGES.indexOf(than));
}

/** Whether an order that has ended so on record has ended as its workflow did: a completed one may be given back later, beside it. */
export function endsAgree(byWorkflow: Stage, onRecord: Stage): boolean {
  return byWorkflow === onRecord || (byWorkflow === 'completed' && onRecord === 'refunded');
}

/** Every stage in which the order's workflow has ended, and every other one: for statements and for readers from outside. */
export const ENDED_STAGES: readonly Stage[] = STAGES.filter(isEnded);
export const OPEN_STAGES: readonly Stage[] = STAGES.filter((stage) => !isEnded(stage));

/** True while the delivery's date may be fixed or moved: the goods are promised, and not there yet. */
export function mayHaveDateFixed(stage: Stage): boolean {
  return stage === 'accepted' || stage === 'scheduled' || stage === 'in_distribution';
}

const EARLY_ENDINGS = ['declined', 'rejected', 'expired', 'cancelled', 'refunded'] as const satisfies readonly Stage[];

/** How an order ends early. */
export interface Ending {
  readonly stage: (typeof EARLY_ENDINGS)[number];
  readonly reason: string;
  /** Who ended it: a party id, or `service`. */
  readonly actor: string;
  readonly refusal?: OrderRefusal;
}

/** A step's answer when what it does is on record, now or from before. */
export interface Done {
  readonly kind: 'done';
}

export const DONE: Done = { kind: 'done' };

/**
 * A step's answer when it was decided before that the order ends early: the step did nothing, and the workflow follows the
 * decision on record.
 */
export interface Decided {
  readonly kind: 'decided';
  readonly ending: Ending;
}

export function decidedAs(ending: Ending): Decided {
  return { kind: 'decided', ending };
}

/**
 * The ending as it can be put on record of an order that stands in `from`: an end that comes after the payment gives it
 * back, and one that the stage does not allow (the record is further than whoever decided knew) is a cancellation.
 */
export function endingFrom(from: Stage, wanted: Ending, paid: boolean): Ending {
  if (paid) return { ...wanted, stage: 'refunded' };
  return mayMove(from, wanted.stage) ? wanted : { ...wanted, stage: 'cancelled' };
}

/** The early ending of an order as its row tells; `undefined` while it is open or when it went well. */
export function decidedEnding(stage: Stage, ending: Ending | null): Ending | undefined {
  if (ending) return stage === 'completed' ? undefined : ending;
  // Orders of before decisions were recorded, and completed ones whose payment was given back later.
  return isEarlyEnding(stage) ? { stage, reason: 'The order had ended before.', actor: 'service' } : undefined;
}

function isEarlyEnding(stage: Stage): stage is Ending['stage'] {
  return EARLY_ENDINGS.some((early) => early === stage);
}
