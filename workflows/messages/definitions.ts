import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { OrderLine, OrderRefusal, OrderView, SettleOn, Attention } from '../../domain/order.ts';
import type { Agent } from '../../domain/party.ts';
import type { CheckRefusal } from '../../domain/echeck.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/stages.ts';
import type { Carried, FormerlyCarried } from '../runtime/carried-state.ts';
import type {
  AcceptMessage,
  AwaitDecisionMessage,
  CancelMessage,
  DeliveryConfirmed,
  DistributionEvent,
  IndicatePaymentMessage,
  InterveneMessage,
  PresentMessage,
  RefuseMessage,
  ScheduleMessage,
} from './schemas.ts';

export type {
  CancelMessage,
  DeliveryConfirmed,
  DistributionEvent,
  InterveneMessage,
  PresentMessage,
  RefuseMessage,
  ScheduleMessage,
} from './schemas.ts';

/** The name under which the worker registers the order's workflow. */
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
  /** Started again by an operator, from the order's row: the workflow goes on from what is on record. */
  readonly resumed?: boolean;
  /** What an earlier run of the same workflow knew: its history had become long. */
  readonly carried?: Carried | FormerlyCarried;
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

/** Query `state`: for people in the Temporal UI; programs read the database. */
export interface OrderState {
  readonly orderId: string;
  readonly stage: Stage;
  readonly attention: Attention | null;
  readonly waitingOn: string | null;
  readonly checkNumber: string | null;
}

export const awaitDecision = defineUpdate<Decision, [AwaitDecisionMessage]>('awaitDecision');
export const present = defineUpdate<Answer, [PresentMessage]>('present');
export const accept = defineUpdate<Answer, [AcceptMessage]>('accept');
export const refuse = defineUpdate<Answer, [RefuseMessage]>('refuse');
export const indicatePayment = defineUpdate<Answer, [IndicatePaymentMessage]>('indicatePayment');
export const schedule = defineUpdate<Answer, [ScheduleMessage]>('schedule');
export const cancel = defineUpdate<Answer, [CancelMessage]>('cancel');
export const intervene = defineUpdate<Answer, [InterveneMessage]>('intervene');
export const deliveryConfirmed = defineSignal<[DeliveryConfirmed]>('deliveryConfirmed');
export const distributionEvent = defineSignal<[DistributionEvent]>('distributionEvent');
/** The registry row that the order waits for was changed: it tries again at once. */
export const registryChanged = defineSignal('registryChanged');
/** Something stands on the order's record that its workflow may not know: it reads the record. */
export const recordChanged = defineSignal('recordChanged');
export const state = defineQuery<OrderState>('state');
