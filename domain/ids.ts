declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** An order's id, which is also the id of its workflow: `order-` and 26 characters. */
export type OrderId = Branded<'OrderId'>;
/** An e-check's number (the `jti` of its JWS): `check-` and the order's 26 characters. */
export type CheckNumber = Branded<'CheckNumber'>;

export const ORDER_ID = /^order-[0-9a-z]{26}$/;
export const CHECK_NUMBER = /^check-[0-9a-z]{26}$/;
export const WEBHOOK_ID = /^webhook-[0-9a-z]{26}$/;

/** Reads an order id; `undefined` when the text is not one. */
export function parseOrderId(text: string): OrderId | undefined {
  return ORDER_ID.test(text) ? (text as OrderId) : undefined;
}

/** Reads a check number; `undefined` when the text is not one. */
export function parseCheckNumber(text: string): CheckNumber | undefined {
  return CHECK_NUMBER.test(text) ? (text as CheckNumber) : undefined;
}

/** One check an order: the number follows from the order, so a repeated issue cannot make a second one. */
export function checkNumberOf(orderId: OrderId): CheckNumber {
  return orderId.replace(/^order-/, 'check-') as CheckNumber;
}

/** The order whose check has this number. */
export function orderIdOf(number: CheckNumber): OrderId {
  return number.replace(/^check-/, 'order-') as OrderId;
}

/** The one function that makes a workflow id: it is the order id itself, so that whoever has one has both. */
export function workflowIdOf(orderId: OrderId): string {
  return orderId;
}

/** The idempotency key of one step of one order. A do and its undo have different steps. */
export function stepKey(orderId: OrderId, step: string): string {
  return `${orderId}:${step}`;
}

/** The steps of an order that move or hold money; each makes one transfer with a key of its own. */
export type MoneyStep = 'issue' | 'settle' | 'void' | 'expire';

/** The key of an order's transfer, e.g. `order-…:issue`. */
export function transferKey(orderId: OrderId, step: MoneyStep): string {
  return stepKey(orderId, step);
}
