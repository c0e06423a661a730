import type { EntityManager } from '@mikro-orm/postgresql';
import { decidedAs, type Decided, type SettleOn } from '../domain/order.ts';
import type { OrderId } from '../domain/ids.ts';
import type { MoneyJson } from '../domain/money.ts';
import type { CheckStatus } from '../domain/echeck.ts';
import type { Suspended } from '../domain/suspension.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { ECheck } from '../entities/echeck.entity.ts';
import { captureHold, orRefusal } from '../office/ledger/index.ts';
import {
  RecordBehindError,
  type StepRecord,
  lockOrderState,
  recordStep,
  suspensionOf,
} from '../office/orders/index.ts';
import type { OrderDeps } from './deps.ts';

/** The seller's payment demand (claims 5, 7): the check and the seller's data. */
export interface PaymentDemand {
  readonly orderId: OrderId;
  readonly sellerId: string;
  readonly buyerId: string;
  readonly echeck: { readonly number: string; readonly jws: string };
  readonly charge: MoneyJson;
  readonly settleOn: SettleOn;
  /** The seller's own reference, where it demands its payment itself. */
  readonly reference?: string;
  /** The check becomes final later, when the seller's own server has receipted the payment notice. */
  readonly staysOpen?: boolean;
}

export type Settled =
  | { readonly kind: 'settled' }
  /** Settled before, and all of it was given back since. */
  | { readonly kind: 'refunded' }
  /** A suspended seller is not paid. Nothing was posted. */
  | Suspended
  | Decided
  /** The check office has no record of the completion, which releases the payment (claim 23). Nothing was posted. */
  | { readonly kind: 'unreleased' }
  /** The demand does not fit the check register: another seller's, another check. Nothing was posted. */
  | { readonly kind: 'refused'; readonly detail: string };

export type Finalised =
  | { readonly kind: 'final' }
  /** All of the payment was given back before the delivery: the order is refunded. */
  | { readonly kind: 'refunded' };

export function createSettlementSteps({ orm }: Pick<OrderDeps, 'orm'>) {
  return {
    /**
     * Pays the seller on the strength of the check (claims 5, 7), from the account database to the account that the register
     * names: hold captured, double entry posted, check cleared, in one transaction under the key `order:settle`. A repeated
     * demand moves nothing more. With `settleOn: delivery` the database pays only what the check office has the completion of
     * (claim 23); then the check is final and the order completed in the same transaction, unless it `staysOpen`.
     */
    settlePayment(demand: PaymentDemand): Promise<Settled> {
      const transaction = orm.em.fork().transactional(async (tx): Promise<Settled> => {
        const register = await registered(tx, demand);
        if (!register) return { kind: 'refused', detail: 'The demand does not name this check and this seller.' };
        if (register.status !== 'accepted' || register.decided) return settledBefore(tx, demand, register.status);
        const recorded = await recordStep(tx, paymentRecord(demand));
        const suspended = suspensionOf(recorded);
        if (suspended) return suspended;
        if (!recorded.recorded)
          throw new RecordBehindError(`the order is ${String(recorded.stage)} and accepted no more`);
        await captureHold(tx, demand.orderId);
        if (demand.settleOn === 'delivery' && !demand.staysOpen) await recordStep(tx, finalRecord(demand));
        return { kind: 'settled' };
      });
      return orRefusal(transaction, ({ code }) => (code === 'completion_missing' ? { kind: 'unreleased' } : undefined));
    },

    /**
     * The completion of an order that was paid before: its check becomes final (claim 23). A check whose payment was
     * given back in full on the way stays refunded, and so is the order. A repetition finds it done.
     */
    finaliseCheck(demand: PaymentDemand): Promise<Finalised> {
      const { orderId } = demand;
      return orm.em.fork().transactional(async (tx) => {
        // The order's row first, as every step does it.
        await lockOrderState(tx, orderId);
        const check = await tx.findOne(ECheck, { orderId }, { fields: ['status'], disableIdentityMap: true });
        if (check?.status !== 'refunded') {
          await recordStep(tx, finalRecord(demand));
          return { kind: 'final' };
        }
        const refunded: NewEvent = { key: 'order_ended', type: 'order_refunded', actor: 'service', body: {} };
        await recordStep(tx, { orderId, stage: 'completed', events: [] });
        await recordStep(tx, { orderId, stage: 'refunded', events: [refunded] });
        return { kind: 'refunded' };
      });
    },
  };
}

/** The completion makes the check final and the order completed. */
function finalRecord({ orderId, echeck }: PaymentDemand): StepRecord {
  const body = { number: echeck.number };
  return {
    orderId,
    stage: 'completed',
    check: 'final',
    events: [
      { key: 'check_finalised', type: 'check_finalised', actor: 'check-office', body },
      { key: 'order_completed', type: 'order_completed', actor: 'service', body: {} },
    ],
  };
}

/**
 * Read under lock, the order's row first as every step does it, both by one statement: the demand must fit the register's row
 * in every part.
 */
async function registered(
  tx: EntityManager,
  demand: PaymentDemand,
): Promise<{ status: CheckStatus; decided: boolean } | undefined> {
  const [row] = await tx.execute<{ status: CheckStatus; decided: boolean }[]>(
    `with o as materialized (select id, ending is not null as decided from orders where id = ? for no key update)
     select c.status, o.decided from o join echecks c on c.order_id = o.id
     where c.number = ? and c.seller_id = ? and c.jws = ? for update of c`,
    [demand.orderId, demand.echeck.number, demand.sellerId, demand.echeck.jws],
  );
  return row;
}

async function settledBefore(tx: EntityManager, demand: PaymentDemand, status: CheckStatus): Promise<Settled> {
  const { orderId, settleOn, staysOpen } = demand;
  // It was paid by a demand that left it open: the first that does not completes it.
  if (status === 'cleared' && settleOn === 'delivery' && !staysOpen) await recordStep(tx, finalRecord(demand));
  if (status === 'cleared' || status === 'final') return { kind: 'settled' };
  const { stage, ending } = await lockOrderState(tx, orderId);
  if (status === 'refunded' && stage === 'refunded') return { kind: 'refunded' };
  return ending ? decidedAs(ending) : { kind: 'refused', detail: `The check is ${status}.` };
}

function paymentRecord(demand: PaymentDemand): StepRecord {
  const { orderId, sellerId, buyerId, echeck, charge } = demand;
  const paid = { number: echeck.number, amount: charge, from: buyerId, to: sellerId };
  return {
    orderId,
    from: ['accepted', 'scheduled', 'in_distribution', 'delivered'],
    needs: ['seller'],
    check: 'cleared',
    paymentStatus: 'settled',
    settledMinor: BigInt(charge.amount),
    events: [
      demandEvent(demand),
      { key: 'payment_settled', type: 'payment_settled', actor: 'check-office', recipient: sellerId, body: paid },
    ],
  };
}

function demandEvent({ sellerId, echeck, charge, reference }: PaymentDemand): NewEvent {
  const key = 'payment_demanded';
  return {
    key,
    type: key,
    actor: sellerId,
    recipient: 'check-office',
    body: { echeck, seller: { id: sellerId }, charge, ...(reference !== undefined && { reference }) },
  };
}
