import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../platform/orm.ts';
import type { Sealer } from '../platform/sealing.ts';
import { planDispatch, type DispatchPlan, type DistributorTerms, type Parcel } from '../domain/dispatch.ts';
import type { DeliverTo, OrderLine } from '../domain/order.ts';
import { decidedAs, type Decided, type Done } from '../domain/ending.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { answerOf, RecordBehindError, recordStep, stagesFrom, standingOf } from '../office/orders/step-record.ts';

/** The distributing instruction: commodities and address, from the seller to the distributor (claims 9, 11). */
export interface Instruction {
  readonly orderId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
}

export type Scheduled =
  | { readonly kind: 'scheduled'; readonly deliverAt: string }
  | { readonly kind: 'impossible'; readonly reason: string; readonly detail: string }
  | Decided;

export interface DispatchingDeps {
  readonly orm: Orm;
  readonly sealer: Sealer;
  readonly clock: () => Date;
}

/** Sends the instruction to a distributor that plans by hand. Once: the event's key is unique within the order. */
export async function instructDistribution(deps: DispatchingDeps, instruction: Instruction): Promise<Done | Decided> {
  const { orderId } = instruction;
  const from = stagesFrom('accepted');
  const record = { orderId, from, events: [instructionEvent(instruction)] };
  return answerOf(await recordStep(deps.orm.em.fork(), record), from);
}

/**
 * Instructs the distributor and fixes date and time, in one transaction: from commodities and address by the distributor's
 * registered terms, or as the distributor itself said (`deliverAt`). A repetition returns the date that is on record.
 */
export async function scheduleDispatch(
  deps: DispatchingDeps,
  instruction: Instruction,
  deliverAt?: string,
): Promise<Scheduled> {
  const address = await deps.sealer.open<DeliverTo>(instruction.deliverToSealed);
  return deps.orm.em.fork().transactional(async (tx) => {
    const plan: DispatchPlan = deliverAt
      ? { kind: 'planned', deliverAt: new Date(deliverAt) }
      : await planByTerms(tx, instruction, address, deps.clock());
    if (plan.kind === 'impossible') return plan;
    return recordSchedule(tx, instruction, plan.deliverAt);
  });
}

/** After a failed attempt: a new date by the same rules. `attempt` makes the key of this planning. */
export async function rescheduleDispatch(
  deps: DispatchingDeps,
  instruction: Instruction,
  attempt: number,
): Promise<Scheduled> {
  const address = await deps.sealer.open<DeliverTo>(instruction.deliverToSealed);
  return deps.orm.em.fork().transactional(async (tx) => {
    const { orderId, distributorId } = instruction;
    const key = `dispatch_scheduled:${attempt}`;
    // The date of this attempt stands: a step that is repeated, or an order that is recalled, does not move it.
    if (await isNoted(tx, orderId, key)) return scheduleOnRecord(tx, orderId);
    const plan = await planByTerms(tx, instruction, address, deps.clock());
    if (plan.kind === 'impossible') return plan;
    const event = scheduledEvent(distributorId, plan.deliverAt, key);
    const recorded = await recordStep(tx, {
      orderId,
      from: ['scheduled', 'in_distribution'],
      deliverAt: plan.deliverAt,
      events: [event],
    });
    return recorded.recorded
      ? { kind: 'scheduled', deliverAt: plan.deliverAt.toISOString() }
      : scheduleOnRecord(tx, orderId);
  });
}

async function isNoted(tx: EntityManager, orderId: string, key: string): Promise<boolean> {
  const rows = await tx.execute<unknown[]>('select 1 from order_events where order_id = ? and key = ?', [orderId, key]);
  return rows.length > 0;
}

async function recordSchedule(tx: EntityManager, instruction: Instruction, deliverAt: Date): Promise<Scheduled> {
  const { orderId, distributorId } = instruction;
  const recorded = await recordStep(tx, {
    orderId,
    stage: 'scheduled',
    deliverAt,
    distributionStatus: 'scheduled',
    events: [instructionEvent(instruction), scheduledEvent(distributorId, deliverAt, 'dispatch_scheduled')],
  });
  if (recorded.recorded) return { kind: 'scheduled', deliverAt: deliverAt.toISOString() };
  return scheduleOnRecord(tx, orderId);
}

async function scheduleOnRecord(tx: EntityManager, orderId: string): Promise<Scheduled> {
  const [row] = await tx.execute<{ deliver_at: string | Date | null }[]>(
    `select deliver_at from orders where id = ? and stage in ('scheduled', 'in_distribution', 'delivered', 'completed')`,
    [orderId],
  );
  const { stage, ending } = await standingOf(tx, orderId);
  if (ending) return decidedAs(ending);
  if (row?.deliver_at) return { kind: 'scheduled', deliverAt: new Date(row.deliver_at).toISOString() };
  throw new RecordBehindError(`the order is ${String(stage)} on record, and cannot be scheduled from there`);
}

interface PlanningRow {
  terms: DistributorTerms | null;
  parcels: Parcel[] | null;
}

async function planByTerms(
  tx: EntityManager,
  instruction: Instruction,
  address: DeliverTo,
  now: Date,
): Promise<DispatchPlan> {
  const [row] = await tx.execute<PlanningRow[]>(
    `select (select terms from distributors where id = ?) as terms,
       (select jsonb_agg(jsonb_build_object('sku', c.sku, 'quantity', l.quantity, 'weightGrams', c.weight_grams, 'handlingHours', c.handling_hours)
          order by c.sku)
        from jsonb_to_recordset(?::jsonb) as l(sku text, quantity int) join commodities c on c.seller_id = ? and c.sku = l.sku) as parcels`,
    [instruction.distributorId, JSON.stringify(instruction.lines), instruction.sellerId],
  );
  if (!row?.terms || !row.parcels)
    throw new Error(`order ${instruction.orderId}: distributor or commodities are not on record`);
  return planDispatch(row.parcels, address, row.terms, now);
}

function instructionEvent({ sellerId, distributorId, lines, deliverToSealed }: Instruction): NewEvent {
  const goods = lines.map(({ sku, quantity }) => ({ sku, quantity }));
  const type = 'distribution_instructed';
  return { key: type, type, actor: sellerId, recipient: distributorId, body: { lines: goods, deliverToSealed } };
}

function scheduledEvent(distributorId: string, deliverAt: Date, key: string): NewEvent {
  // The distributor's own people are told to deliver: the recipient is the distributor's dispatch desk.
  const recipient = `${distributorId}:dispatch`;
  return {
    key,
    type: 'dispatch_scheduled',
    actor: distributorId,
    recipient,
    body: { deliverAt: deliverAt.toISOString() },
  };
}
