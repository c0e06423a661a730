import type { Role } from '../../domain/party.ts';

/*
 * What each role may know, written down from the design and not from the code: the test compares both.
 */

/** Members of an order that hold something for the role; the others are `null` or not there. */
export const ORDER_MEMBERS: Record<Role, { readonly [member: string]: 'shown' | 'null' }> = {
  buyer: { charge: 'shown', payment: 'shown', settleOn: 'shown', deliverTo: 'shown' },
  seller: { charge: 'shown', payment: 'shown', settleOn: 'shown', deliverTo: 'shown' },
  distributor: { charge: 'null', payment: 'null', settleOn: 'null', deliverTo: 'shown' },
  operator: { charge: 'shown', payment: 'shown', settleOn: 'shown', deliverTo: 'null' },
};

export const LINE_MEMBERS: Record<Role, string> = {
  buyer: 'handlingHours name quantity sku total unitPrice weightGrams',
  seller: 'handlingHours name quantity sku total unitPrice weightGrams',
  distributor: 'name quantity sku weightGrams',
  operator: 'handlingHours name quantity sku total unitPrice weightGrams',
};

export const CHECK_MEMBERS: Record<Role, string> = {
  buyer: 'expiresAt jws number status',
  seller: 'expiresAt jws number status',
  distributor: 'number',
  operator: 'expiresAt number status',
};

const REGISTER = 'buyerId charge distributorId expiresAt issuedAt kid number orderId sellerId status updatedAt';
export const REGISTER_MEMBERS: Record<Role, string> = {
  buyer: `${REGISTER} jws`,
  seller: `${REGISTER} jws`,
  distributor: 'number',
  operator: REGISTER,
};

export const ATTENTION_MEMBERS: Record<Role, string> = {
  buyer: 'since',
  seller: 'since',
  distributor: 'since',
  operator: 'reason since step waitingOn',
};

const LINKS = 'events self timeline';
export const LINK_MEMBERS: Record<Role, string> = {
  buyer: `${LINKS} money`,
  seller: `${LINKS} money`,
  distributor: LINKS,
  operator: `${LINKS} money workflow`,
};

/** Whose refusals a role reads. */
export const REFUSALS: Record<Role, readonly string[]> = {
  buyer: ['credit-declined', 'unknown-commodity', 'refused-by-seller'],
  seller: ['refused-by-seller'],
  distributor: [],
  operator: ['credit-declined', 'unknown-commodity', 'refused-by-seller'],
};

/** The events of a timeline, and the members of their bodies, at most; `-`: the role does not learn of it. */
export const EVENTS: readonly (readonly [type: string, buyer: string, seller: string, distributor: string])[] = [
  [
    'order_requested',
    'sellerId distributorId lines settleOn',
    'sellerId distributorId lines settleOn',
    'sellerId distributorId lines',
  ],
  ['charge_obtained', 'charge lines', 'charge lines', '-'],
  ['credit_judged', 'good', '-', '-'],
  ['seller_verified', 'sellerId version', 'sellerId version', '-'],
  ['distributor_verified', 'distributorId version', 'distributorId version', 'distributorId version'],
  ['check_issued', 'number charge expiresAt', 'number charge expiresAt', '-'],
  ['check_presented', 'number echeck lines deliverTo presentation', 'number echeck lines deliverTo presentation', '-'],
  ['check_validated', 'number valid', 'number valid', '-'],
  ['check_refused', 'valid reason', '-', '-'],
  ['distribution_promised', 'notice', 'notice', '-'],
  ['payment_indicated', 'charge', 'charge', '-'],
  ['distribution_instructed', 'lines deliverTo', 'lines deliverTo', 'lines deliverTo'],
  ['dispatch_scheduled', 'deliverAt', 'deliverAt', 'deliverAt'],
  [
    'distribution_reported',
    'kind eventId note receivedBy',
    'kind eventId note receivedBy',
    'kind eventId note receivedBy',
  ],
  [
    'distribution_completed',
    'eventId deliveredAt receivedBy',
    'eventId deliveredAt receivedBy',
    'eventId deliveredAt receivedBy',
  ],
  ['completion_notified_seller', 'eventId acknowledgedBy', 'eventId acknowledgedBy', 'eventId acknowledgedBy'],
  ['completion_notified_office', 'eventId checkNumber', 'eventId checkNumber', 'eventId checkNumber'],
  ['payment_demanded', 'echeck seller charge', 'echeck seller charge', '-'],
  ['payment_settled', 'number amount from to', 'number amount from to', '-'],
  ['check_finalised', 'number', 'number', '-'],
  ['order_completed', '', '', ''],
  ['order_declined', 'reason refusal', '-', '-'],
  ['order_rejected', 'reason refusal', 'reason refusal', ''],
  ['order_expired', 'reason', 'reason', ''],
  ['order_cancelled', 'reason', 'reason', ''],
  ['order_refunded', 'reason', 'reason', ''],
  ['check_stopped', 'number reason', 'number reason', '-'],
  ['check_voided', 'status', 'status', '-'],
  ['dispatch_cancelled', '', '', ''],
  ['payment_refunded', 'amount requested reason', 'amount requested reason', '-'],
  ['attention_raised', '', '', ''],
  ['attention_cleared', '', '', ''],
  ['intervention_made', '', '', ''],
  ['address_read', '', '-', '-'],
  ['message_ignored', '-', '-', '-'],
];
