import type { EntityManager } from '@mikro-orm/postgresql';
import { waitingOnFor, WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import type { OrderId } from '../../domain/ids.ts';
import { isTransmission, recipientOf } from '../../domain/transmissions.ts';
import { type Attention, STAGES, type Stage } from '../../domain/order.ts';
import type { OrderHealth, TemporalFindings } from '../../platform/order-health/health.ts';
import { rowsWithAttention, type RowAttention } from './rows.ts';
import {
  isOrderFinding,
  unattendedByBooks,
  unattendedByTemporal,
  type OrderFinding,
  type UnattendedOrder,
} from './unattended.ts';
import { isMarkOf } from './marks.ts';
import { stillOrders, type StillOrder } from './still.ts';

/** An order that needs a person: what Temporal and the books know of it together. */
export interface OrderNeedingAttention {
  readonly id: OrderId;
  /** Where it stands in the list: fixed for as long as its cause lasts, so that pages stay true while others are repaired. */
  readonly place: string;
  readonly attention: Attention;
  /** Why its workflow task fails, in Temporal's words. */
  readonly cause?: string;
  readonly stage: Stage;
  readonly sellerId?: string;
  readonly distributorId?: string;
  readonly amount?: { readonly minor: number; readonly currency: string };
}

/**
 * Every order that needs a person, the longest first: those that say so, those whose workflow cannot run, is gone or
 * ended before them, and ended ones of which something was reported. Without `books` what Temporal alone knows.
 */
export async function ordersNeedingAttention(
  health: OrderHealth,
  books: EntityManager | undefined,
): Promise<OrderNeedingAttention[]> {
  return ordersAmong(health, await health.findings(), books);
}

/** The same, of what Temporal has said already. */
export async function ordersAmong(
  health: OrderHealth,
  findings: TemporalFindings,
  books: EntityManager | undefined,
): Promise<OrderNeedingAttention[]> {
  if (!books) return sorted(merged(findings, await unattendedByTemporal(health, findings)));
  const [rows, still] = await Promise.all([rowsWithAttention(books), stillOrders(books)]);
  // What the comparison of the books has marked is asked about again: its workflow may run by now.
  const [marked, said] = [rows.filter(isMark), rows.filter((row) => !isMark(row))];
  const gone = await unattendedByBooks(books, health, { findings, marked: marked.map(({ id }) => id) });
  return sorted(merged(findings, gone, { said, still }));
}

/** The same when Temporal cannot be asked. */
export async function rowsNeedingAttention(books: EntityManager): Promise<OrderNeedingAttention[]> {
  return (await rowsWithAttention(books)).map(fromRow).toSorted(byPlace);
}

/**
 * What keeps an order from going on outweighs what it says itself; what it says is more exact than that nobody reads, and anything is
 * more exact than that it does not move.
 */
function merged(
  { notPolled, withAttention, failing, timedOut, undecided }: TemporalFindings,
  gone: readonly UnattendedOrder[],
  { said, still }: { said: readonly RowAttention[]; still: readonly StillOrder[] } = { said: [], still: [] },
): Map<string, OrderNeedingAttention> {
  const orders = new Map<string, OrderNeedingAttention>();
  const put = (order: OrderNeedingAttention) => orders.set(order.id, order);
  for (const finding of undecided.filter(isOrderFinding)) put(fromFinding(finding));
  for (const order of still) put(fromStill(order));
  for (const finding of timedOut.filter(isOrderFinding)) put(fromFinding(finding));
  for (const finding of notPolled.filter(isOrderFinding)) put(fromFinding(finding));
  for (const row of said) put(fromRow(row));
  for (const finding of withAttention.filter(isOrderFinding)) put(fromFinding(finding, orders.get(finding.id)));
  for (const finding of failing.filter(isOrderFinding)) put(fromFinding(finding));
  for (const { finding, row } of gone) put({ ...fromFinding(finding), ...row });
  return orders;
}

/** The row knows whom it waits for; visibility knows sooner that it does. */
function fromFinding(finding: OrderFinding, known?: OrderNeedingAttention): OrderNeedingAttention {
  const { id, step, reason, since, cause, stage, sellerId, distributorId, amount } = finding;
  const same = known?.attention.step === step && known.attention.reason === reason ? known.attention : undefined;
  const waitingOn = finding.waitingOn ?? same?.waitingOn ?? partyOf(finding) ?? waitingOnFor(reason);
  return {
    id,
    place: since.toISOString(),
    attention: { step, reason, since: since.toISOString(), waitingOn },
    ...(cause !== undefined && { cause }),
    stage: known?.stage ?? STAGES.find((one) => one === stage) ?? 'requested',
    sellerId,
    distributorId,
    amount,
  };
}

/** The party whose own server has not signed, by the step at which the order waits for it. */
function partyOf({ step, reason, sellerId, distributorId }: OrderFinding): string | undefined {
  if (!isTransmission(step) || waitingOnFor(reason) !== 'party') return undefined;
  return recipientOf(step) === 'seller' ? sellerId : distributorId;
}

function fromRow({ id, stage, attention, sellerId }: RowAttention): OrderNeedingAttention {
  return { id, place: new Date(attention.since).toISOString(), attention, stage, sellerId };
}

function fromStill({ id, stage, sellerId, since: last }: StillOrder): OrderNeedingAttention {
  const since = last.toISOString();
  return { id, place: since, attention: notMoving(since), stage, sellerId };
}

/** Nothing says why. */
export function notMoving(since: string): Attention {
  return { step: WORKFLOW_STEP, reason: 'NotMoving', since, waitingOn: 'operator' };
}

function isMark({ attention }: RowAttention): boolean {
  return isMarkOf(attention);
}

function sorted(orders: ReadonlyMap<string, OrderNeedingAttention>): OrderNeedingAttention[] {
  return [...orders.values()].toSorted(byPlace);
}

function byPlace(one: OrderNeedingAttention, other: OrderNeedingAttention): number {
  return one.place.localeCompare(other.place) || one.id.localeCompare(other.id);
}
