import type { EntityManager } from '@mikro-orm/postgresql';
import {
  type Consignment,
  type DispatchPlan,
  judgeDate,
  type OutsideService,
  planDispatch,
  replanDispatch,
} from '../domain/dispatch.ts';
import { type DeliverTo, type OrderLine, decidedAs, type Decided, type Done, stagesFrom } from '../domain/order.ts';
import type { OrderId } from '../domain/ids.ts';
import type { Suspended, TradingParty } from '../domain/suspension.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { OrderEvent } from '../entities/order-event.entity.ts';
import { Order } from '../entities/order.entity.ts';
import {
  RecordBehindError,
  answerOf,
  readDispatchFacts,
  readOrderState,
  recordStep,
  suspensionOf,
} from '../office/orders/index.ts';
import type { OrderDeps } from './deps.ts';

/** The distributing instruction: commodities and address, from the seller to the distributor (claims 9, 11). */
export interface Instruction {
  readonly orderId: OrderId;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
}

export type Scheduled =
  | { readonly kind: 'scheduled'; readonly deliverAt: string }
  | { readonly kind: 'impossible'; readonly reason: string; readonly detail: string }
  /** The date that the distributor fixed by hand does not keep its own terms. `nextPossible`: RFC 3339. */
  | { readonly kind: 'outside_service'; readonly detail: string; readonly nextPossible?: string }
  | Suspended
  | Decided;

export function createDispatchSteps({ orm, sealer, clock }: Pick<OrderDeps, 'orm' | 'sealer' | 'clock'>) {
  const addressOf = (instruction: Instruction) => sealer.open<DeliverTo>(instruction.deliverToSealed);
  /** The date of a key stands: a step that is repeated, or an order that resumes from its record, does not move it. */
  const once = (orderId: OrderId, key: string, plan: (tx: EntityManager) => Promise<Scheduled>): Promise<Scheduled> =>
    orm.em.fork().transactional(async (tx) => {
      const isThere = (await tx.count(OrderEvent, { orderId, key })) > 0;
      return isThere ? scheduleOnRecord(tx, orderId) : plan(tx);
    });

  return {
    /** The seller's instruction reaches a distributor that plans by hand (claim 9). Once: the event's key is unique. */
    async instructDistribution(instruction: Instruction): Promise<Done | Suspended | Decided> {
      const { orderId } = instruction;
      const from = stagesFrom('accepted');
      const events = [instructionEvent(instruction)];
      const recorded = await recordStep(orm.em.fork(), { orderId, from, needs: BOTH, events });
      return suspensionOf(recorded) ?? answerOf(recorded, from);
    },

    /**
     * Instructs the distributor and fixes date and time, in one transaction (claims 9, 11): from commodities and address by
     * its registered terms, or as the distributor itself said (`deliverAt`), within the same terms. A repetition returns the
     * date on record.
     */
    async scheduleDispatch({ instruction, deliverAt }: DispatchInput): Promise<Scheduled> {
      const place = await addressOf(instruction);
      return orm.em.fork().transactional(async (tx) => {
        const consignment = { ...(await readDispatchFacts(tx, instruction.orderId)), place };
        const plan = deliverAt
          ? planByHand(new Date(deliverAt), consignment, clock())
          : planDispatch(consignment, clock());
        return plan.kind === 'planned'
          ? recordSchedule(tx, instruction, plan.deliverAt, deliverAt !== undefined)
          : onRecordOr(tx, instruction, plan);
      });
    },

    /** After a failed attempt: a new date by the same rules, or as the distributor's own server has fixed it. `attempt` makes the key of this planning. */
    async rescheduleDispatch({ instruction, attempt, failedAt, deliverAt }: RedispatchInput): Promise<Scheduled> {
      const place = await addressOf(instruction);
      const { orderId } = instruction;
      const key = `dispatch_scheduled:${attempt}`;
      return once(orderId, key, async (tx) => {
        if (deliverAt) return recordNewDate(tx, instruction, { deliverAt: new Date(deliverAt), key });
        const now = clock();
        const consignment = { ...(await readDispatchFacts(tx, orderId)), place };
        const plan = replanDispatch(consignment, failedAt ? new Date(failedAt) : now, now);
        if (plan.kind === 'impossible') return plan;
        return recordNewDate(tx, instruction, { deliverAt: plan.deliverAt, key });
      });
    },

    /** The distributor moves the date that it has fixed, within its terms, as the first one (claim 11). `change` makes the key of this one. */
    async changeDate({ instruction, deliverAt, change }: DateChange): Promise<Scheduled> {
      const place = await addressOf(instruction);
      const { orderId } = instruction;
      const key = `dispatch_scheduled:${change}`;
      return once(orderId, key, async (tx) => {
        const consignment = { ...(await readDispatchFacts(tx, orderId)), place };
        const plan = planByHand(new Date(deliverAt), consignment, clock());
        return plan.kind === 'planned'
          ? recordNewDate(tx, instruction, { deliverAt: plan.deliverAt, key, needs: ['distributor'] })
          : outsideService(plan);
      });
    },
  };
}

export interface DispatchInput {
  readonly instruction: Instruction;
  /** RFC 3339: when the distributor fixed it by hand. */
  readonly deliverAt?: string;
}

export interface RedispatchInput {
  readonly instruction: Instruction;
  readonly attempt: number;
  /** RFC 3339: when the latest attempt failed. Absent in orders that began before it was asked for: now. */
  readonly failedAt?: string;
  /** RFC 3339: the date of the distributor's own server, judged with its receipt. */
  readonly deliverAt?: string;
}

export interface DateChange {
  readonly instruction: Instruction;
  /** RFC 3339. */
  readonly deliverAt: string;
  /** The same on every repetition of this change, and of no other change of the order. */
  readonly change: string;
}

type ByHand = Extract<DispatchPlan, { kind: 'planned' }> | OutsideService;

function planByHand(deliverAt: Date, consignment: Consignment, now: Date): ByHand {
  // Nobody promises later than now: a step that is taken again for a restore, at the time of then, finds the promise with the time of the restore.
  const orderedAt = consignment.orderedAt < now ? consignment.orderedAt : now;
  const judged = judgeDate(deliverAt, { ...consignment, orderedAt }, now);
  return judged === 'possible' ? { kind: 'planned', deliverAt } : judged;
}

/** What cannot be planned now may have been planned before: then its date stands. */
async function onRecordOr(
  tx: EntityManager,
  { orderId }: Instruction,
  no: Exclude<DispatchPlan | OutsideService, { kind: 'planned' }>,
): Promise<Scheduled> {
  const { stage, ending } = await readOrderState(tx, orderId);
  if (ending || (stage && SCHEDULED.includes(stage))) return scheduleOnRecord(tx, orderId);
  return no.kind === 'impossible' ? no : outsideService(no);
}

function outsideService(no: OutsideService): Scheduled {
  return { ...no, nextPossible: no.nextPossible?.toISOString() };
}

/** The seller instructs, the distributor is instructed. One that plans by hand was instructed before. */
const BOTH = ['seller', 'distributor'] as const;

async function recordSchedule(
  tx: EntityManager,
  instruction: Instruction,
  deliverAt: Date,
  byHand: boolean,
): Promise<Scheduled> {
  const { orderId, distributorId } = instruction;
  const recorded = await recordStep(tx, {
    orderId,
    stage: 'scheduled',
    needs: byHand ? ['distributor'] : BOTH,
    deliverAt,
    distributionStatus: 'scheduled',
    events: [instructionEvent(instruction), scheduledEvent(distributorId, deliverAt, 'dispatch_scheduled')],
  });
  if (recorded.recorded) return { kind: 'scheduled', deliverAt: deliverAt.toISOString() };
  return suspensionOf(recorded) ?? scheduleOnRecord(tx, orderId);
}

interface NewDate {
  readonly deliverAt: Date;
  /** Of its event. */
  readonly key: string;
  /** Who must not be suspended. */
  readonly needs?: readonly TradingParty[];
}

async function recordNewDate(
  tx: EntityManager,
  { orderId, distributorId }: Instruction,
  { deliverAt, key, needs = [] }: NewDate,
): Promise<Scheduled> {
  const from = ['scheduled', 'in_distribution'] as const;
  const events = [scheduledEvent(distributorId, deliverAt, key)];
  const recorded = await recordStep(tx, { orderId, from, needs, deliverAt, events });
  if (recorded.recorded) return { kind: 'scheduled', deliverAt: deliverAt.toISOString() };
  return suspensionOf(recorded) ?? scheduleOnRecord(tx, orderId);
}

async function scheduleOnRecord(tx: EntityManager, orderId: OrderId): Promise<Scheduled> {
  const { stage, ending } = await readOrderState(tx, orderId);
  if (ending) return decidedAs(ending);
  const order = await tx.findOne(Order, { id: orderId }, { fields: ['deliverAt'], disableIdentityMap: true });
  if (order?.deliverAt && stage && SCHEDULED.includes(stage))
    return { kind: 'scheduled', deliverAt: order.deliverAt.toISOString() };
  throw new RecordBehindError(`the order is ${String(stage)} on record, and cannot be scheduled from there`);
}

const SCHEDULED = stagesFrom('scheduled');

function instructionEvent({ sellerId, distributorId, lines, deliverToSealed }: Instruction): NewEvent {
  const goods = lines.map(({ sku, quantity }) => ({ sku, quantity }));
  const type = 'distribution_instructed';
  return { key: type, type, actor: sellerId, recipient: distributorId, body: { lines: goods, deliverToSealed } };
}

function scheduledEvent(distributorId: string, deliverAt: Date, key: string): NewEvent {
  // The distributor's own people have to deliver: the recipient is the distributor's dispatch desk.
  const recipient = `${distributorId}:dispatch`;
  return {
    key,
    type: 'dispatch_scheduled',
    actor: distributorId,
    recipient,
    body: { deliverAt: deliverAt.toISOString() },
  };
}
