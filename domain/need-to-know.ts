import type { Attention, OrderLine, OrderRefusal, OrderView, PricedLine, RefusalCode } from './order.ts';
import type { Role } from './party.ts';
import type { EventType } from './timeline.ts';

/*
 * Who may know what of an order, property by property: the one table behind reading, lists, timeline, money, streams and
 * webhooks. What the events of the timeline show is in need-to-know-events.ts.
 */

/** What one role may know of an order that exists for it. */
interface Knowledge {
  /** `priced`: what was ordered with its prices; `goods`: what is to be carried. */
  readonly lines: 'priced' | 'goods';
  /** Charge, payment, when it is settled, and the trace of the money. */
  readonly money: 'shown' | 'hidden';
  /** `whole`: with the signed check itself; `register`: what the register says of it; `number` alone. */
  readonly echeck: 'whole' | 'register' | 'number';
  /** Why the order was refused: `own` is what the seller itself said no to. */
  readonly refusal: 'shown' | 'own' | 'hidden';
  /** `since`: that somebody looks after it, and since when; `shown`: also at which step, why, and who must act. */
  readonly attention: 'shown' | 'since';
  /** Address, receiver and notes of the way: `on_request` is a read of its own, which is recorded. */
  readonly personal: 'shown' | 'until_forgotten' | 'on_request';
}

const NEED_TO_KNOW: Readonly<Record<Role, Knowledge>> = {
  buyer: {
    lines: 'priced',
    money: 'shown',
    echeck: 'whole',
    refusal: 'shown',
    attention: 'since',
    personal: 'shown',
  },
  seller: {
    lines: 'priced',
    money: 'shown',
    echeck: 'whole',
    refusal: 'own',
    attention: 'since',
    personal: 'shown',
  },
  distributor: {
    lines: 'goods',
    money: 'hidden',
    echeck: 'number',
    refusal: 'hidden',
    attention: 'since',
    personal: 'until_forgotten',
  },
  operator: {
    lines: 'priced',
    money: 'shown',
    echeck: 'register',
    refusal: 'shown',
    attention: 'shown',
    personal: 'on_request',
  },
};

/**
 * The event from which on an order exists for a role, whatever becomes of it later: before it there is no such order for that
 * role, anywhere. Absent: always.
 */
export const EXISTS_FROM = {
  seller: 'check_presented',
  distributor: 'distribution_instructed',
} as const satisfies Partial<Record<Role, EventType>>;

/** How long after an order's end its distributor may still read whom it delivered to. */
const FORGOTTEN_AFTER_MS = 30 * 24 * 60 * 60 * 1000;

/** Whether a role may read address, receiver and notes as part of the order. `endedAt`: RFC 3339, absent while it is open. */
export function mayKnowPersonal(role: Role, endedAt: string | undefined, now: Date): boolean {
  const { personal } = NEED_TO_KNOW[role];
  if (personal !== 'until_forgotten') return personal === 'shown';
  return endedAt === undefined || now.getTime() - Date.parse(endedAt) < FORGOTTEN_AFTER_MS;
}

/** What is to be carried, without what it costs. */
export type Goods = Pick<PricedLine, 'sku' | 'quantity'> & Partial<Pick<PricedLine, 'name' | 'weightGrams'>>;

/** An order as one role may know it. The address is still sealed, for those who may open it; `null` for the others. */
export interface ProjectedOrder extends Omit<
  OrderView,
  'attention' | 'lines' | 'charge' | 'deliverToSealed' | 'settleOn' | 'echeck' | 'payment'
> {
  readonly attention: Attention | Pick<Attention, 'since'> | null;
  readonly lines: readonly (OrderLine | PricedLine | Goods)[];
  readonly charge: OrderView['charge'];
  readonly deliverToSealed: string | null;
  readonly settleOn: OrderView['settleOn'] | null;
  readonly echeck: ShownCheck<Check> | null;
  readonly payment: OrderView['payment'] | null;
}

type Check = NonNullable<OrderView['echeck']>;
export type ShownCheck<Known extends Check> = Known | Omit<Known, 'jws'> | Pick<Known, 'number'>;

/** Who looks at an order, and what else decides what may be shown. */
export interface OrderViewer {
  readonly role: Role;
  /** Whether address, receiver and notes may be read just now (`mayKnowPersonal`). */
  readonly personal: boolean;
  /** Who ended the order early, where somebody did. */
  readonly endedBy?: string;
}

/**
 * Shows an order as a role may know it; that it exists for the role was judged before. Member by member, so that a new one does
 * not compile until it says here who may know it.
 */
export function projectOrder(view: OrderView, { role, personal, endedBy }: OrderViewer): ProjectedOrder {
  const knows = NEED_TO_KNOW[role];
  const hasMoney = knows.money === 'shown';
  const { id, stage, buyerId, sellerId, distributorId, distribution, createdAt, updatedAt } = view;
  const bySomebodyKnown = endedBy === undefined || isNamed(endedBy, [buyerId, sellerId, distributorId]);
  return {
    id,
    stage,
    buyerId,
    sellerId,
    distributorId,
    distribution,
    createdAt,
    updatedAt,
    attention: attentionFor(view.attention, knows),
    refusal: refusalFor(view.refusal, knows, bySomebodyKnown),
    lines: knows.lines === 'priced' ? view.lines : view.lines.map(goodsOf),
    charge: hasMoney ? view.charge : null,
    settleOn: hasMoney ? view.settleOn : null,
    payment: hasMoney ? view.payment : null,
    deliverToSealed: personal ? view.deliverToSealed : null,
    echeck: view.echeck && checkFor(view.echeck, role),
  };
}

function attentionFor(attention: Attention | null, knows: Knowledge): ProjectedOrder['attention'] {
  return attention && knows.attention === 'since' ? { since: attention.since } : attention;
}

/** A seller's own no: it refused, or the check office refused the check that it had validated. */
const SELLERS_OWN: readonly RefusalCode[] = ['refused-by-seller', 'echeck-invalid'];

/** An operator who refuses in a seller's name says why for the office alone. */
function refusalFor(
  refusal: OrderRefusal | null,
  { refusal: knows, attention }: Knowledge,
  bySomebodyKnown: boolean,
): OrderRefusal | null {
  if (!refusal || knows === 'hidden') return null;
  if (knows === 'own' && !SELLERS_OWN.includes(refusal.code)) return null;
  if (bySomebodyKnown || attention === 'shown') return refusal;
  return { code: refusal.code, detail: 'The check office has refused the order.' };
}

/** Who speaks when the service itself does. */
export const SERVICE: readonly string[] = ['service', 'check-office'];

/** Whether a party may be told who somebody is: a party of the order, or the service. All others act for the check office. */
export function isNamed(actor: string, parties: readonly string[]): boolean {
  return parties.includes(actor) || SERVICE.includes(actor);
}

/** A line without its prices. Lines of older orders have no weight, and unpriced ones no name. */
export function goodsOf(line: OrderLine | PricedLine): Goods {
  const { sku, quantity } = line;
  if (!('name' in line)) return { sku, quantity };
  const { name, weightGrams } = line;
  return { sku, name, quantity, ...(weightGrams !== undefined && { weightGrams }) };
}

/** A check with as much as a role may know of it: everything, all but the signed check itself, or its number. */
export function checkFor<Known extends Check>(check: Known, role: Role): ShownCheck<Known> {
  const { jws: _withheld, ...register } = check;
  const { number } = check;
  return { whole: check, register, number: { number } }[NEED_TO_KNOW[role].echeck];
}
