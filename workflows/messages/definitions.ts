import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Attention, OrderRefusal, OrderView, Stage } from '../../domain/order.ts';
import type { CheckRefusal } from '../../domain/echeck.ts';
import type {
  AcceptMessage,
  AwaitDecisionMessage,
  CancelMessage,
  DeliveryConfirmed,
  DemandPaymentMessage,
  DistributionEvent,
  IndicatePaymentMessage,
  InterveneMessage,
  PresentMessage,
  RefuseMessage,
  ScheduleMessage,
} from './schemas.ts';

export type { OrderInput } from './order-input.ts';
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
  /**
   * Read the row: the order was decided before this workflow began (its history is gone, its row is not), or its basket is a
   * large one.
   */
  | { readonly kind: 'recorded' };

/** The type of the failure with which a request is refused whose Idempotency-Key came before with another body. */
export const KEY_REUSED = 'idempotency-key-reused';

/** The answer to a party's message: done, or refused without harm. */
export type Answer =
  | { readonly ok: true; readonly stage: Stage }
  /** `stage`: where the workflow is, when the message does not fit there. */
  | {
      readonly ok: false;
      readonly problem: 'illegal-transition' | 'party-suspended';
      readonly detail: string;
      readonly stage?: Stage;
    }
  | {
      readonly ok: false;
      readonly problem: 'echeck-invalid';
      readonly reason: CheckRefusal;
      readonly detail: string;
    }
  /** `nextPossible`: RFC 3339; absent where the distributor's terms allow no date. */
  | {
      readonly ok: false;
      readonly problem: 'outside-service';
      readonly detail: string;
      readonly nextPossible?: string;
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
export const demandPayment = defineUpdate<Answer, [DemandPaymentMessage]>('demandPayment');
export const schedule = defineUpdate<Answer, [ScheduleMessage]>('schedule');
/** The id of the update with which an order is cancelled because its check was stopped. */
export const stopUpdateId = (checkNumber: string): string => `stop ${checkNumber}`;
export const cancel = defineUpdate<Answer, [CancelMessage]>('cancel');
export const intervene = defineUpdate<Answer, [InterveneMessage]>('intervene');
export const deliveryConfirmed = defineSignal<[DeliveryConfirmed]>('deliveryConfirmed');
export const distributionEvent = defineSignal<[DistributionEvent]>('distributionEvent');
/** The registry row that the order waits for was changed: it tries again at once. */
export const registryChanged = defineSignal('registryChanged');
/** Something stands on the order's record that its workflow may not know: it reads the record. */
export const recordChanged = defineSignal('recordChanged');
/** The build that the order is pinned to is to be drained: it continues as new on the current one, at its next quiet moment. */
export const moveOn = defineSignal('moveOn');
/** Another build has the order from now on: a task that shows whether it replays the order's history. */
export const versionChanged = defineSignal('versionChanged');
export const state = defineQuery<OrderState>('state');
