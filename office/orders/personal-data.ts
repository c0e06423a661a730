import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { DeliverTo } from '../../domain/order.ts';
import type { TimelineEvent } from '../../domain/timeline.ts';
import { kyselyOf } from '../../entities/database.ts';
import { ForgottenError, UnsealableError, type Sealer } from '../../platform/sealing.ts';
import { readReports } from './reports.ts';
import { noteEvents } from './step-record.ts';

/** An order's personal data, opened. `null`: there is none, or its buyer was forgotten. */
export interface PersonalData {
  readonly deliverTo: DeliverTo | null;
  readonly receivedBy: string | null;
  /** What the distributor noted on the way. */
  readonly notes: readonly { readonly eventId: string; readonly note: string }[];
}

/** Who of the check office reads it, and why. */
export interface PersonalRead {
  readonly orderId: OrderId;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Reads an order's personal data for the check office: first it is put on record who reads it and why, then it is opened.
 * `undefined`: there is no such order.
 */
export async function readPersonalData(
  em: EntityManager,
  sealer: Sealer,
  { orderId, actor, reason }: PersonalRead,
): Promise<PersonalData | undefined> {
  await notePersonalRead(em, { orderId, actor, reason });
  const order = await kyselyOf(em)
    .selectFrom('Order')
    .select('deliverToSealed')
    .where('id', '=', orderId)
    .executeTakeFirst();
  if (!order) return undefined;
  const reports = await readReports(em, orderId);
  const received = reports.findLast(({ receivedBySealed }) => receivedBySealed !== undefined)?.receivedBySealed;
  return {
    deliverTo: await openAddress(sealer, order.deliverToSealed),
    receivedBy: received === undefined ? null : await openText(sealer, received),
    notes: reports.flatMap(({ eventId, note }) => (note === undefined ? [] : [{ eventId, note }])),
  };
}

/** Puts on record who of the check office reads personal data of an order, and why, before it is opened. */
export async function notePersonalRead(em: EntityManager, { orderId, actor, reason }: PersonalRead): Promise<void> {
  const type = 'address_read';
  await noteEvents(em, orderId, [{ key: `${type}:${randomUUID()}`, type, actor, body: { reason } }]);
}

/** What is sealed for an order: the address, and the salt that keeps its digest from being guessed. */
interface SealedAddress extends DeliverTo {
  readonly salt: string;
}

/** The address of an order for those who may see it; `null` once its buyer's personal data was forgotten. */
export async function openAddress(sealer: Sealer, sealed: string): Promise<DeliverTo | null> {
  try {
    const { salt: _salt, ...deliverTo } = await sealer.open<SealedAddress>(sealed);
    return deliverTo;
  } catch (error) {
    if (error instanceof ForgottenError) return null;
    throw error;
  }
}

/** Seals another address with the order's own salt, so that the check's digest can be compared with it. */
export async function resealAddress(
  sealer: Sealer,
  buyerId: string,
  sealed: string,
  deliverTo: DeliverTo,
): Promise<string> {
  const { salt } = await sealer.open<SealedAddress>(sealed);
  return sealer.seal(buyerId, { ...deliverTo, salt });
}

/** An event as it is shown: what is still sealed in it is for its reader (`projectEvent`), and opened here. */
export async function openEvent(sealer: Sealer, event: TimelineEvent): Promise<TimelineEvent> {
  const { deliverToSealed, receivedBySealed, presentationSealed, ...body } = event.body;
  if ([deliverToSealed, receivedBySealed, presentationSealed].every((sealed) => sealed === undefined)) return event;
  const opened = {
    ...(typeof deliverToSealed === 'string' && { deliverTo: await openAddress(sealer, deliverToSealed) }),
    ...(typeof receivedBySealed === 'string' && { receivedBy: await openText(sealer, receivedBySealed) }),
    ...(typeof presentationSealed === 'string' && { presentation: await openText(sealer, presentationSealed) }),
  };
  return { ...event, body: { ...body, ...opened } };
}

/** The receiver, or a terminal's signed message. `null` for what can never be opened: the person was forgotten, or somebody signalled by hand what was never sealed here. */
async function openText(sealer: Sealer, sealed: string): Promise<string | null> {
  try {
    return await sealer.open<string>(sealed);
  } catch (error) {
    if (error instanceof ForgottenError || error instanceof UnsealableError) return null;
    throw error;
  }
}
