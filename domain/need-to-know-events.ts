import { goodsOf, isNamed, SERVICE } from './need-to-know.ts';
import type { OrderLine } from './order.ts';
import type { Role } from './party.ts';
import type { EventType, TimelineEvent } from './timeline.ts';

type Members = readonly string[];

/**
 * Which events of the timeline a role may see at all, and which members of their bodies; `null`: not even that it happened.
 * Every type of event has its row, or this does not compile; a member that no row names is shown to nobody but the operator.
 */
type Row = Readonly<Record<Exclude<Role, 'operator'>, Members | null>>;

const everyone = (...members: Members): Row => ({ buyer: members, seller: members, distributor: members });
const traders = (...members: Members): Row => ({ buyer: members, seller: members, distributor: null });
const buyerOnly = (...members: Members): Row => ({ buyer: members, seller: null, distributor: null });
/** How an order ends early: its distributor learns that it does. */
const ending: Row = { buyer: ['reason', 'refusal'], seller: ['reason', 'refusal'], distributor: [] };

const EVENTS: Readonly<Record<EventType, Row>> = {
  order_requested: {
    ...traders('sellerId', 'distributorId', 'lines', 'settleOn'),
    distributor: ['sellerId', 'distributorId', 'lines'],
  },
  charge_obtained: traders('charge', 'lines'),
  credit_judged: buyerOnly('good'),
  seller_verified: traders('sellerId', 'version'),
  distributor_verified: everyone('distributorId', 'version'),
  check_issued: traders('number', 'charge', 'expiresAt'),
  check_presented: traders('number', 'echeck', 'lines', 'deliverToSealed', 'presentationSealed'),
  check_validated: traders('number', 'valid'),
  check_refused: buyerOnly('valid', 'reason'),
  distribution_promised: traders('notice'),
  payment_indicated: traders('charge'),
  distribution_instructed: everyone('lines', 'deliverToSealed'),
  dispatch_scheduled: everyone('deliverAt'),
  distribution_reported: everyone('kind', 'eventId', 'note', 'receivedBySealed'),
  distribution_completed: everyone('eventId', 'deliveredAt', 'receivedBySealed'),
  completion_notified_seller: everyone('eventId', 'acknowledgedBy'),
  completion_notified_office: everyone('eventId', 'checkNumber'),
  payment_demanded: { ...traders('echeck', 'seller', 'charge'), seller: ['echeck', 'seller', 'charge', 'reference'] },
  payment_settled: traders('number', 'amount', 'from', 'to'),
  check_finalised: traders('number'),
  order_completed: everyone(),
  order_declined: ending,
  order_rejected: ending,
  order_expired: ending,
  order_cancelled: ending,
  order_refunded: ending,
  check_stopped: traders('number', 'reason'),
  // Why is said once, by the end that brought them; here it may be anybody's words.
  check_voided: traders('status'),
  dispatch_cancelled: everyone(),
  payment_refunded: traders('amount', 'requested', 'reason'),
  // That somebody looks after the order, and has done something; what and why are the office's own.
  attention_raised: everyone(),
  attention_cleared: everyone(),
  intervention_made: everyone(),
  // The buyer learns that the office has read where it lives.
  address_read: buyerOnly(),
  message_ignored: { buyer: null, seller: null, distributor: null },
};

/** Whether a role sees events of this type at all. */
export function seesType(role: Role, type: EventType): boolean {
  return role === 'operator' || EVENTS[type][role] !== null;
}

/** Who looks at an event: in which role, of whose order, and whether it may read address, receiver and notes just now. */
export interface EventViewer {
  readonly role: Role;
  readonly parties: Readonly<Record<Exclude<Role, 'operator'>, string>>;
  readonly personal: boolean;
}

/**
 * An event as a role may know it; `undefined`: it may not know of it. Personal members are still sealed for those who may open
 * them, and `null` for others.
 */
export function projectEvent(event: TimelineEvent, viewer: EventViewer): TimelineEvent | undefined {
  const { role } = viewer;
  const members = role === 'operator' ? Object.keys(event.body) : EVENTS[event.type][role];
  if (members === null) return undefined;
  const shown = members.flatMap((name) => memberFor(name, event, viewer));
  return { ...event, actor: actorFor(event, viewer), body: Object.fromEntries(shown) };
}

type Entry = readonly [name: string, value: unknown];

/** A member of an event's body as the viewer may know it; none: it is not there, or not for the viewer. */
function memberFor(name: string, event: TimelineEvent, viewer: EventViewer): Entry[] {
  const value = event.body[name];
  if (value === undefined) return [];
  const project = MEMBERS[name];
  return project ? project(value, event, viewer) : [[name, value]];
}

type Project = (value: unknown, event: TimelineEvent, viewer: EventViewer) => Entry[];

const sealed =
  (name: string, opened: string): Project =>
  (value, _event, { personal }) =>
    personal ? [[name, value]] : [[opened, null]];

/** The members that are not the same for everybody who may see them. */
const MEMBERS: Readonly<Record<string, Project>> = {
  lines: (value, _event, { role }) => [
    ['lines', role === 'distributor' && isLines(value) ? value.map(goodsOf) : value],
  ],
  echeck: (value, _event, { role }) => (role === 'operator' ? numberIn(value) : [['echeck', value]]),
  reason: (value, event, viewer) => (mayRead(event, viewer) ? [['reason', value]] : []),
  refusal: (value, event, viewer) => (mayRead(event, viewer) ? [['refusal', value]] : []),
  deliverToSealed: sealed('deliverToSealed', 'deliverTo'),
  // The terminal's signed message, which holds the address.
  presentationSealed: sealed('presentationSealed', 'presentation'),
  receivedBySealed: sealed('receivedBySealed', 'receivedBy'),
  // What somebody wrote down at a door may say as much of a person as its address does.
  note: (value, _event, { personal }) => [['note', personal ? value : null]],
};

function isLines(value: unknown): value is OrderLine[] {
  return Array.isArray(value);
}

/** The check office names the check; the signed check itself is its holder's. */
function numberIn(value: unknown): Entry[] {
  const hasNumber = typeof value === 'object' && value !== null && 'number' in value;
  return hasNumber ? [['echeck', { number: value.number }]] : [];
}

/**
 * Whose words a role may read: its own and the service's, a buyer also its seller's. An operator's are the office's own: where
 * a refund undoes an order, the service repeats the words of whoever ended it.
 */
function mayRead({ actor, type }: TimelineEvent, { role, parties }: EventViewer): boolean {
  if (role === 'operator' || actor === parties[role]) return true;
  if (SERVICE.includes(actor)) return type !== 'payment_refunded';
  return role === 'buyer' && actor === parties.seller;
}

/** What only operators do. */
const OPERATORS: readonly EventType[] = ['intervention_made', 'address_read'];

/** Parties read each other's names; of whoever acts for the check office only that it was the office. */
function actorFor({ actor, type }: TimelineEvent, { role, parties }: EventViewer): string {
  const mayBeNamed = isNamed(actor, Object.values(parties)) && !OPERATORS.includes(type);
  return role === 'operator' || mayBeNamed ? actor : 'check-office';
}
