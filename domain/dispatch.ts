import {
  firstServiceTime,
  firstSlot,
  isServiceTime,
  leavesAt,
  LOOK_AHEAD_DAYS,
  type ServiceCalendar,
} from './service-calendar.ts';

/** Where and when a distributor delivers: its registered rules. */
export interface DistributorTerms extends ServiceCalendar {
  /** ISO 3166-1 alpha-2 codes of the countries that it serves; the first is its home. */
  readonly countries: readonly string[];
  /** The heaviest consignment it takes. */
  readonly maxWeightGrams: number;
  /** Hours by the calendar from its taking the goods to the receiver's door. Absent: 24 at home, 72 abroad. */
  readonly transitHours?: { readonly home: number; readonly abroad: number };
}

/** One commodity of the distributing instruction, as far as planning needs it: what was ordered. */
export interface Parcel {
  readonly sku: string;
  readonly quantity: number;
  readonly weightGrams: number;
  readonly handlingHours: number;
}

/** The place of an address: who receives the goods there is not part of it. */
export interface Place {
  readonly country: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly city?: string;
  readonly street: string;
  readonly street2?: string;
}

/** What is to be delivered, where to, and by whose rules. */
export interface Consignment {
  readonly parcels: readonly Parcel[];
  readonly place: Place;
  readonly terms: DistributorTerms;
  /** From when on the seller makes the goods ready. */
  readonly orderedAt: Date;
}

export const IMPOSSIBLE_REASONS = ['out_of_area', 'too_heavy', 'no_service_day'] as const;

export interface Impossible {
  readonly kind: 'impossible';
  readonly reason: (typeof IMPOSSIBLE_REASONS)[number];
  /** What would go, in words that name nothing of the address. */
  readonly detail: string;
}

export type DispatchPlan = { readonly kind: 'planned'; readonly deliverAt: Date } | Impossible;

/** A date that the distributor's own terms do not allow, and the next one that they do: absent where there is none. */
export interface OutsideService {
  readonly kind: 'outside_service';
  readonly detail: string;
  readonly nextPossible?: Date;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_TRANSIT_HOURS = { home: 24, abroad: 72 };
/** A date lies within so many days: nobody waits longer for goods. */
const FARTHEST_DAYS = 365;
/** The next possible date that is offered lies so far ahead, so that it is still possible when it is sent. */
const TIME_TO_ANSWER_MS = HOUR_MS;

/**
 * Fixes the distributing date and time from commodities and address (claim 11): not before the goods can be there, on a service
 * day that is no holiday, inside the window of the distributor's clock. The minute in the window is the place's and the goods'
 * place in the round, so that another address or commodity gets another slot. Pure: the same input, the same slot.
 */
export function planDispatch(consignment: Consignment, now: Date): DispatchPlan {
  const arrival = arrivalOf(consignment);
  return arrival.kind === 'impossible' ? arrival : slotFrom(laterOf(arrival.at, now), consignment, now);
}

/**
 * The next dates by the same rules, one a service day, at most so many: the first is the one that `planDispatch` fixes now. Empty
 * where none is possible.
 */
export function possibleDates(consignment: Consignment, now: Date, most: number): Date[] {
  const dates: Date[] = [];
  let plan = planDispatch(consignment, now);
  while (plan.kind === 'planned' && dates.length < most) {
    dates.push(plan.deliverAt);
    plan = slotFrom(new Date(plan.deliverAt.getTime() + 1), consignment, now);
  }
  return dates;
}

/**
 * A new date after an attempt that failed: the goods are with the distributor and the place is near its round, so they need
 * its hours at home once more, counted from the attempt, wherever they go.
 */
export function replanDispatch(consignment: Consignment, failedAt: Date, now: Date): DispatchPlan {
  const at = new Date(failedAt.getTime() + transitHoursOf(consignment.terms).home * HOUR_MS);
  return notTaken(consignment) ?? slotFrom(laterOf(at, now), consignment, now);
}

/** Judges a date that the distributor fixed by hand: it keeps the same rules, but for its place in the round. */
export function judgeDate(deliverAt: Date, consignment: Consignment, now: Date): 'possible' | OutsideService {
  const { terms } = consignment;
  const arrival = arrivalOf(consignment);
  if (arrival.kind === 'impossible') return { kind: 'outside_service', detail: arrival.detail };
  const fault = faultOf(deliverAt, arrival.at, terms, now);
  if (!fault) return 'possible';
  const wanted = isFar(deliverAt, now) ? arrival.at : laterOf(arrival.at, deliverAt);
  const nextPossible = firstServiceTime(laterOf(wanted, new Date(now.getTime() + TIME_TO_ANSWER_MS)), terms);
  const isOffered = nextPossible && !isFar(nextPossible, now);
  return { kind: 'outside_service', detail: fault, ...(isOffered && { nextPossible }) };
}

function faultOf(deliverAt: Date, arrival: Date, terms: DistributorTerms, now: Date): string | undefined {
  if (deliverAt <= now) return 'The date lies in the past.';
  if (isFar(deliverAt, now)) return `The date lies more than ${FARTHEST_DAYS} days ahead.`;
  if (deliverAt < arrival) return `The goods cannot be there before ${arrival.toISOString()}.`;
  if (isServiceTime(deliverAt, terms)) return undefined;
  const { window, timeZone, weekdays, holidays } = terms;
  const but = holidays
    ? `, public holidays of ${[holidays.country, holidays.region].filter(Boolean).join('-')} excepted`
    : '';
  return `It delivers from ${window.fromHour} to ${window.toHour} o'clock (${timeZone}) on weekdays ${weekdays.join(', ')}${but}.`;
}

function isFar(deliverAt: Date, now: Date): boolean {
  return deliverAt.getTime() > now.getTime() + FARTHEST_DAYS * DAY_MS;
}

function slotFrom(from: Date, { parcels, place, terms }: Consignment, now: Date): DispatchPlan {
  const minute = placeInRound(parcels, place) % ((terms.window.toHour - terms.window.fromHour) * 60);
  // A slot of this very moment is in the future no more.
  const deliverAt = firstSlot(laterOf(from, new Date(now.getTime() + 1)), minute, terms);
  if (!deliverAt) return noServiceDay(from);
  // A date by hand could not be that far either: it is said before there is any money in it.
  if (isFar(deliverAt, now))
    return impossible('no_service_day', `The goods cannot be there within ${FARTHEST_DAYS} days.`);
  return { kind: 'planned', deliverAt };
}

/** When the goods can be with the receiver at the earliest: made ready, taken by the distributor, and carried. */
function arrivalOf(consignment: Consignment): { readonly kind: 'arrival'; readonly at: Date } | Impossible {
  const { parcels, place, terms, orderedAt } = consignment;
  const refusal = notTaken(consignment);
  if (refusal) return refusal;
  const handlingHours = Math.max(...parcels.map((parcel) => parcel.handlingHours));
  const handedOver = new Date(orderedAt.getTime() + handlingHours * HOUR_MS);
  const left = leavesAt(handedOver, terms);
  if (!left) return noServiceDay(handedOver);
  const { home, abroad } = transitHoursOf(terms);
  const transitHours = place.country === terms.countries[0] ? home : abroad;
  return { kind: 'arrival', at: new Date(left.getTime() + transitHours * HOUR_MS) };
}

function notTaken({ parcels, place, terms }: Consignment): Impossible | undefined {
  if (!terms.countries.includes(place.country))
    return impossible('out_of_area', `The distributor delivers to ${terms.countries.join(', ')} only.`);
  const weightGrams = parcels.reduce((sum, parcel) => sum + parcel.weightGrams * parcel.quantity, 0);
  if (weightGrams <= terms.maxWeightGrams) return undefined;
  const most = kilograms(terms.maxWeightGrams);
  return impossible('too_heavy', `The goods weigh ${kilograms(weightGrams)}; the distributor takes at most ${most}.`);
}

function noServiceDay(from: Date): Impossible {
  const since = from.toISOString().slice(0, 10);
  return impossible('no_service_day', `The distributor delivers on no day of the ${LOOK_AHEAD_DAYS} from ${since} on.`);
}

/** FNV-1a over the place and the goods: spreads stops over the round, the same for the same input however it is composed. */
function placeInRound(parcels: readonly Parcel[], place: Place): number {
  const { country, region = '', postalCode = '', city = '', street, street2 = '' } = place;
  const goods = parcels.map(({ sku, quantity }) => `${sku}*${quantity}`).toSorted();
  const text = JSON.stringify([country, region, postalCode, city, street, street2, goods]).normalize('NFC');
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

function transitHoursOf({ transitHours }: DistributorTerms): { readonly home: number; readonly abroad: number } {
  return transitHours ?? DEFAULT_TRANSIT_HOURS;
}

function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other;
}

function kilograms(grams: number): string {
  return `${grams / 1000} kg`;
}

function impossible(reason: Impossible['reason'], detail: string): Impossible {
  return { kind: 'impossible', reason, detail };
}
