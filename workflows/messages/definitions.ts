import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { OrderLine, OrderRefusal, OrderView, SettleOn, Attention } from '../../domain/order.ts';
import type { Agent } from '../../domain/party.ts';
import type { CheckRefusal } from '../../domain/echeck.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/stages.ts';
import type { Carried } from '../runtime/story.ts';

/** The name under which the worker registers the order's story. */
export const ORDER_WORKFLOW = 'OrderWorkflow';

/** What starts an order. Holds nothing personal in plain text: `deliverToSealed` is a JWE. */
export interface OrderInput {
  readonly orderId: OrderId;
  /** SHA-256 of the canonical request body. */
  readonly requestDigest: string;
  readonly buyerId: string;
  readonly terminalId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
  /** SHA-256 over lines, address and salt: goes into the check. */
  readonly orderDigest: string;
  readonly expectedCharge?: MoneyJson;
  /** Absent: as the buyer's account says. */
  readonly presentation?: Agent;
  readonly payment?: Agent;
  readonly settleOn: SettleOn;
  /** RFC 3339. */
  readonly requestedAt: string;
  /** Started again by an operator, from the order's row: the story goes on from what is on record. */
  readonly resumed?: boolean;
  /** What an earlier run of the same workflow knew: its history had become long. */
  readonly carried?: Carried;
}

/** How an order ended. */
export interface OrderResult {
  readonly orderId: string;
  readonly stage: Stage;
  readonly refusal?: OrderRefusal;
}

/** What the POST waits for. */
export type Decision =
  | { readonly kind: 'issued'; readonly order: OrderView }
  | { readonly kind: 'refused'; readonly refusal: OrderRefusal }
  /** The order was decided before this workflow began (its history is gone, its row is not): read the row. */
  | { readonly kind: 'recorded' };

/** The type of the failure with which a request is refused whose Idempotency-Key came before with another body. */
export const KEY_REUSED = 'idempotency-key-reused';

/** The answer to a party's message: done, or refused without harm. */
export type Answer =
  | { readonly ok: true; readonly stage: Stage }
  | { readonly ok: false; readonly problem: 'illegal-transition'; readonly detail: string }
  | {
      readonly ok: false;
      readonly problem: 'echeck-invalid';
      readonly reason: CheckRefusal;
      readonly detail: string;
    };

/** Who speaks. Absent when somebody uses the plain `temporal` CLI or the Temporal UI. */
interface Spoken {
  readonly actor?: string;
}
export interface PresentMessage extends Spoken {
  /** The compact JWS that the buyer holds. */
  readonly echeck: string;
  /** Absent: the address given with the order. */
  readonly deliverToSealed?: string;
}
export interface RefuseMessage extends Spoken {
  readonly reason: string;
}
export interface ScheduleMessage extends Spoken {
  /** RFC 3339, in the future. */
  readonly deliverAt: string;
}
export interface CancelMessage extends Spoken {
  readonly role?: 'buyer' | 'seller' | 'operator';
  readonly reason: string;
}
export interface InterveneMessage extends Spoken {
  readonly action: 'retry' | 'abort' | 'override_credit';
  readonly reason: string;
}
export interface DeliveryConfirmed {
  readonly eventId: string;
  /** RFC 3339. */
  readonly deliveredAt: string;
  /** Personal data: the API seals it (a JWE) before it signals. */
  readonly receivedBy?: string;
}
export interface DistributionEvent {
  readonly eventId: string;
  readonly kind: 'picked_up' | 'in_transit' | 'failed_attempt' | 'returned' | 'lost';
  readonly occurredAt: string;
  readonly note?: string;
}

/** Query `state`: for people in the Temporal UI; programs read the database. */
export interface OrderState {
  readonly orderId: string;
  readonly stage: Stage;
  readonly attention: Attention | null;
  readonly waitingOn: string | null;
  readonly checkNumber: string | null;
}

export const awaitDecision = defineUpdate<Decision, [{ requestDigest: string }]>('awaitDecision');
export const present = defineUpdate<Answer, [PresentMessage]>('present');
export const accept = defineUpdate<Answer, [{ actor?: string }]>('accept');
export const refuse = defineUpdate<Answer, [RefuseMessage]>('refuse');
export const indicatePayment = defineUpdate<Answer, [{ actor?: string }]>('indicatePayment');
export const schedule = defineUpdate<Answer, [ScheduleMessage]>('schedule');
export const cancel = defineUpdate<Answer, [CancelMessage]>('cancel');
export const intervene = defineUpdate<Answer, [InterveneMessage]>('intervene');
export const deliveryConfirmed = defineSignal<[DeliveryConfirmed]>('deliveryConfirmed');
export const distributionEvent = defineSignal<[DistributionEvent]>('distributionEvent');
/** The registry row that the order waits for was changed: it tries again at once. */
export const registryChanged = defineSignal('registryChanged');
/** Something stands on the order's record that its story may not have heard of: it looks. */
export const recordChanged = defineSignal('recordChanged');
export const state = defineQuery<OrderState>('state');
