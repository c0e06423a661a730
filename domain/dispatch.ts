import { DateTime } from 'luxon';
import type { DeliverTo } from './order.ts';

/** Where and when a distributor delivers: its registered rules, from which its auto agent plans. */
export interface DistributorTerms {
  /** ISO 3166-1 alpha-2 codes of the countries that it serves; the first is its home. */
  readonly countries: readonly string[];
  /** IANA name: the service window is local time. */
  readonly timeZone: string;
  /** ISO weekdays on which it delivers: 1 is Monday, 7 is Sunday. */
  readonly weekdays: readonly number[];
  /** Local hours of the service window, `from` included, `to` not. */
  readonly window: { readonly fromHour: number; readonly toHour: number };
  /** The heaviest consignment it takes. */
  readonly maxWeightGrams: number;
}

/** One commodity of the distributing instruction, as far as planning needs it. */
export interface Parcel {
  readonly sku: string;
  readonly quantity: number;
  readonly weightGrams: number;
  readonly handlingHours: number;
}

interface Consignment {
  readonly parcels: readonly Parcel[];
  readonly weightGrams: number;
  readonly address: DeliverTo;
}

export type DispatchPlan =
  | { readonly kind: 'planned'; readonly deliverAt: Date }
  | {
      readonly kind: 'impossible';
      readonly reason: 'out_of_area' | 'too_heavy' | 'no_service_day';
      readonly detail: string;
    };

const HEAVY_GRAMS = 30_000;
const LOOK_AHEAD_DAYS = 14;

/**
 * Fixes the distributing date and time from commodities and address (claim 11). The day follows from handling time, distance
 * and weight; the minute in the service window is the address's and the goods' place in the round, so that another address or
 * commodity gets another slot. Always in the future, on a service day, inside the window. Pure: the same input, the same slot.
 */
export function planDispatch(
  parcels: readonly Parcel[],
  address: DeliverTo,
  terms: DistributorTerms,
  now: Date,
): DispatchPlan {
  if (!terms.countries.includes(address.country))
    return impossible('out_of_area', `It does not deliver to ${address.country}.`);
  const weightGrams = parcels.reduce((sum, parcel) => sum + parcel.weightGrams * parcel.quantity, 0);
  if (weightGrams > terms.maxWeightGrams)
    return impossible('too_heavy', `${weightGrams} g are more than ${terms.maxWeightGrams} g.`);

  const windowMinutes = (terms.window.toHour - terms.window.fromHour) * 60;
  const minute = placeInRound(parcels, address) % windowMinutes;
  let day = readyAt({ parcels, weightGrams, address }, terms, now).startOf('day');
  for (let tried = 0; tried < LOOK_AHEAD_DAYS; tried += 1, day = day.plus({ days: 1 })) {
    // Hour and minute are set, not added: a day with a clock change still has its window where the wall clock says.
    const slot = day.set({ hour: terms.window.fromHour + Math.floor(minute / 60), minute: minute % 60 });
    if (terms.weekdays.includes(slot.weekday) && slot.toMillis() > now.getTime())
      return { kind: 'planned', deliverAt: slot.toJSDate() };
  }
  return impossible('no_service_day', `It has no service day in the next ${LOOK_AHEAD_DAYS} days.`);
}

/** When the consignment can be delivered at the earliest, by the distributor's clock. */
function readyAt({ parcels, weightGrams, address }: Consignment, terms: DistributorTerms, now: Date): DateTime {
  const handlingHours = Math.max(...parcels.map((parcel) => parcel.handlingHours));
  const transitDays = (address.country === terms.countries[0] ? 1 : 3) + (weightGrams > HEAVY_GRAMS ? 1 : 0);
  return DateTime.fromJSDate(now, { zone: terms.timeZone }).plus({ hours: handlingHours, days: transitDays });
}

/** FNV-1a over the address and the goods: spreads stops over the round, the same for the same input. */
function placeInRound(parcels: readonly Parcel[], address: DeliverTo): number {
  const goods = parcels.map((parcel) => `${parcel.sku}*${parcel.quantity}`).join('+');
  const text = [address.country, address.postalCode, address.city, address.street, address.name, goods].join('|');
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

function impossible(reason: 'out_of_area' | 'too_heavy' | 'no_service_day', detail: string): DispatchPlan {
  return { kind: 'impossible', reason, detail };
}
