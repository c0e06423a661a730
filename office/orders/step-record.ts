import type { EntityManager } from '@mikro-orm/postgresql';
import {
  isEnded,
  MOVES,
  STAGES,
  type Stage,
  type Attention,
  type PaymentStatus,
  decidedAs,
  decidedEnding,
  DONE,
  type Decided,
  type Done,
  type Ending,
  type OrderRefusal,
} from '../../domain/order.ts';
import type { CheckStatus } from '../../domain/echeck.ts';
import type { SituationReport } from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { Suspended, TradingParty } from '../../domain/suspension.ts';
import type { NewEvent } from '../../domain/timeline.ts';

/** What one step leaves on record, all of it in one statement: the order's move, the check's status, the events. */
export interface StepRecord {
  readonly orderId: OrderId;
  /** Absent: the stage stays. */
  readonly stage?: Stage;
  /** The stages in which this may be recorded. Default: those from which `stage` may be reached. */
  readonly from?: readonly Stage[];
  readonly check?: CheckStatus;
  readonly deliverAt?: Date;
  readonly distributionStatus?: string;
  readonly paymentStatus?: PaymentStatus;
  readonly settledMinor?: bigint;
  readonly refusal?: OrderRefusal;
  /** Puts this ending on record, unless one is there already. */
  readonly ending?: Ending;
  /** Also of an order whose ending is decided: notes and undos. Default: what would lead it on is then not recorded. */
  readonly evenIfDecided?: boolean;
  /** Whom it takes: while one of them is suspended, nothing is recorded. */
  readonly needs?: readonly TradingParty[];
  /** The distributor's reports that led to this, for the permanent record of them. */
  readonly reports?: readonly SituationReport[];
  readonly events: readonly NewEvent[];
}

/**
 * Whether it was recorded now. When not, the order is where `stage` says: a repetition, or a move that is not allowed; or it
 * was decided before that the order ends early, as `ending` says; or a party that it needs is suspended.
 */
export type Recorded =
  | { readonly recorded: true }
  | ({ readonly recorded: false; readonly suspended?: TradingParty } & OrderState);

/** What is on record of where an order has come to. */
export interface OrderState {
  /** `undefined`: there is no such order. */
  readonly stage: Stage | undefined;
  /** How it ends or has ended early. */
  readonly ending: Ending | undefined;
  /** What a person must see to. */
  readonly attention: Attention | undefined;
  /** Something was settled. */
  readonly paid: boolean;
}

/** One statement for four tables: a step costs one round trip, and what it moves decides whether anything is written. */
const RECORD = `
  with moved as (
    update orders set stage = coalesce(?::text, stage), deliver_at = coalesce(?::timestamptz, deliver_at),
      distribution_status = coalesce(?::text, distribution_status), payment_status = coalesce(?::text, payment_status),
      settled_amount = coalesce(?::bigint, settled_amount), refusal = coalesce(?::jsonb, refusal), ending = coalesce(ending, ?::jsonb),
      attention = case when ?::boolean and attention->>'reason' is distinct from 'ReportAfterEnd' then null else attention end,
      updated_at = now()
    where id = ? and stage = any(?::text[]) and (ending is null or ?::boolean)
      and not ('seller' = any(?::text[]) and exists (select 1 from sellers s where s.id = orders.seller_id and s.status = 'suspended'))
      and not ('distributor' = any(?::text[])
        and exists (select 1 from distributors d where d.id = orders.distributor_id and d.status = 'suspended'))
    returning id
  ), marked as (
    update echecks set status = ?::text, updated_at = now() from moved where order_id = moved.id and ?::text is not null
    returning number
  ), reported as (
    insert into distribution_reports (order_id, event_id, kind, occurred_at, note, received_by_sealed)
    select moved.id, r."eventId", r.kind, r."occurredAt", r.note, r."receivedBySealed"
    from moved, jsonb_to_recordset(?::jsonb)
      as r("eventId" text, kind text, "occurredAt" timestamptz, note text, "receivedBySealed" text)
    on conflict (order_id, event_id) do nothing
  ), noted as (
    insert into order_events (order_id, key, type, actor, recipient, body, occurred_at)
    select moved.id, e.key, e.type, e.actor, e.recipient, e.body, coalesce(e."occurredAt", clock_timestamp())
    from moved, jsonb_to_recordset(?::jsonb) as e(key text, type text, actor text, recipient text, body jsonb, "occurredAt" timestamptz)
    on conflict (order_id, key) do nothing returning id
  )
  select count(*)::int as moved from moved`;

/**
 * Records a step inside the caller's transaction. Nothing is recorded unless the order stands in one of the `from` stages,
 * so a step that is repeated, or comes after the order has ended, changes nothing.
 */
export async function recordStep(tx: EntityManager, record: StepRecord): Promise<Recorded> {
  const from = record.from ?? stagesBefore(record.stage);
  const check = record.check ?? null;
  const needs = `{${(record.needs ?? []).join(',')}}`;
  const [row] = await tx.execute<{ moved: number }[]>(RECORD, [
    record.stage ?? null,
    record.deliverAt ?? null,
    record.distributionStatus ?? null,
    record.paymentStatus ?? null,
    record.settledMinor ?? null,
    record.refusal ? JSON.stringify(record.refusal) : null,
    record.ending ? JSON.stringify(record.ending) : null,
    // An order that has ended needs nobody, but for a report that does not fit its end.
    record.stage !== undefined && isEnded(record.stage),
    record.orderId,
    `{${from.join(',')}}`,
    record.evenIfDecided ?? false,
    needs,
    needs,
    check,
    check,
    JSON.stringify(record.reports ?? []),
    JSON.stringify(record.events),
  ]);
  if (row?.moved === 1) return { recorded: true };
  const now = await readOrderState(tx, record.orderId);
  const mayMove = now.stage !== undefined && from.includes(now.stage) && (!now.ending || record.evenIfDecided);
  if (!record.needs || !mayMove) return { recorded: false, ...now };
  const parties = await tx.execute<{ party: TradingParty }[]>(SELECT_SUSPENDED, [record.orderId, record.orderId]);
  const suspended = record.needs.find((needed) => parties.some(({ party }) => party === needed));
  // Lifted since this very statement: then nothing speaks against it any more.
  return suspended ? { recorded: false, ...now, suspended } : recordStep(tx, record);
}

const SELECT_SUSPENDED = `
  select 'seller' as party from orders o join sellers s on s.id = o.seller_id where o.id = ? and s.status = 'suspended'
  union all
  select 'distributor' from orders o join distributors d on d.id = o.distributor_id where o.id = ? and d.status = 'suspended'`;

/** What a step answers the workflow when a party that it needs is suspended. */
export function suspensionOf(recorded: Recorded): Suspended | undefined {
  const party = recorded.recorded ? undefined : recorded.suspended;
  return party && { kind: 'suspended', party };
}

/** Notes events without moving the order; an event whose key is known already is the same event. */
export async function noteEvents(tx: EntityManager, orderId: OrderId, events: readonly NewEvent[]): Promise<void> {
  await recordStep(tx, { orderId, from: STAGES, evenIfDecided: true, events });
}

/** Where the order has come to. */
export async function readOrderState(tx: EntityManager, orderId: OrderId): Promise<OrderState> {
  return state(await tx.execute<StateRow[]>(SELECT_STATE, [orderId]));
}

/** The same, with the order's row locked until the transaction ends: nobody moves the order meanwhile. */
export async function lockOrderState(tx: EntityManager, orderId: OrderId): Promise<OrderState> {
  return state(await tx.execute<StateRow[]>(`${SELECT_STATE} for no key update`, [orderId]));
}

interface StateRow {
  stage: Stage;
  ending: Ending | null;
  attention: Attention | null;
  paid: boolean;
}

/**
 * What a step answers the workflow when it was not recorded now: decided otherwise, or done before because the order has come
 * past it. A record that lies behind the workflow is a fault (a database restored to an older moment): it is never passed over.
 */
export function answerOf(recorded: Recorded, done: readonly Stage[]): Done | Decided {
  if (recorded.recorded) return DONE;
  const { stage, ending } = recorded;
  if (ending) return decidedAs(ending);
  if (stage !== undefined && done.includes(stage)) return DONE;
  throw new RecordBehindError(`the order is ${String(stage)} on record, and the workflow has come further`);
}

/** The record knows less than the workflow: a database that was restored to an older moment. */
export class RecordBehindError extends Error {
  override readonly name = 'RecordBehind';
}

const SELECT_STATE = 'select stage, ending, attention, settled_amount > 0 as paid from orders where id = ?';

function state([row]: readonly StateRow[]): OrderState {
  if (!row) return { stage: undefined, ending: undefined, attention: undefined, paid: false };
  const { stage, ending, attention, paid } = row;
  return { stage, ending: decidedEnding(stage, ending), attention: attention ?? undefined, paid };
}

function stagesBefore(stage: Stage | undefined): readonly Stage[] {
  return stage === undefined ? STAGES : STAGES.filter((from) => MOVES[from].includes(stage));
}
