import type { EntityManager } from '@mikro-orm/postgresql';
import { Place } from '../entities/place.entity.ts';
import type { Calendar } from './calendar.ts';
import { placesFor } from './consignment.ts';
import { firstFree } from './free-place.ts';
import { serviceDaysFrom } from './service-days.ts';

/** What needs a place. */
export interface Load {
  readonly orderId: string;
  readonly weightGrams: number;
  readonly notBefore: Date;
}

/**
 * Takes the first places that are free from `notBefore` on; full hours move on to the next. Only under the calendar's lock.
 * Returns the delivery's date and time; `undefined` when nothing is free as far as anybody plans.
 */
export async function takePlace(tx: EntityManager, load: Load, calendar: Calendar): Promise<Date | undefined> {
  const { orderId, weightGrams, notBefore } = load;
  const wanted = { notBefore, places: placesFor(weightGrams, calendar) };
  for (const day of serviceDaysFrom(notBefore, calendar)) {
    const taken = await tx.find(Place, { date: day.date });
    const free = firstFree(day, taken, wanted, calendar);
    if (!free) continue;
    const { date, hour, numbers, deliverAt } = free;
    await tx.insertMany(
      Place,
      numbers.map((number) => ({ date, hour, number, orderId })),
    );
    return deliverAt;
  }
  return undefined;
}

/** Gives the order's place back: it is free for the next one. */
export async function giveBackPlace(tx: EntityManager, orderId: string): Promise<void> {
  await tx.nativeDelete(Place, { orderId });
}
