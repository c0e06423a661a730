/** When, where and how much the company delivers, by its own clock. */
export interface Calendar {
  /** IANA name: days, hours and holidays are those of its local calendar. */
  readonly timeZone: string;
  /** ISO 3166-1 alpha-2 codes of the countries that it serves; the first is its home. */
  readonly countries: readonly string[];
  /** It does not deliver on public holidays of this calendar. Absent: on those, too. */
  readonly holidays?: { readonly country: string; readonly region?: string };
  /** Goods that are ready from this local hour on leave on the next service day. Absent: they leave at once. */
  readonly cutOffHour?: number;
  /** Hours from leaving to the door, at home and abroad. */
  readonly leadHours: { readonly home: number; readonly abroad: number };
  /** Hours until goods are ready, where the instruction says nothing of it. */
  readonly collectHours: number;
  /** What one place of an hour carries. */
  readonly gramsPerPlace: number;
  /** The hours of a usual week in which it delivers. */
  readonly hours: readonly ServiceHour[];
  /** ISO dates on which it does not deliver, beside holidays. */
  readonly closedDays: readonly string[];
}

/** One hour of the week: its places are stops one after the other, evenly spread over the hour. */
export interface ServiceHour {
  /** ISO: 1 is Monday, 7 is Sunday. */
  readonly weekday: number;
  /** Local, 0 to 23. */
  readonly hour: number;
  /** Its capacity: deliveries in this hour, 1 to 60. A heavy one takes several. */
  readonly places: number;
}

/** The company's rules as the check office registers them, and judges every date by (docs/accounts-and-parties.md). */
export interface Terms {
  readonly countries: string[];
  readonly timeZone: string;
  readonly weekdays: number[];
  readonly window: { readonly fromHour: number; readonly toHour: number };
  readonly maxWeightGrams: number;
  readonly transitHours: { readonly home: number; readonly abroad: number };
  readonly holidays?: { readonly country: string; readonly region?: string };
  readonly cutOffHour?: number;
}

/**
 * What of the calendar the check office must know. Every date of the calendar keeps these terms; not the other way round: hours
 * that are full, shorter days and days that are closed are the company's own business.
 */
export function termsOf(calendar: Calendar): Terms {
  const { countries, timeZone, holidays, cutOffHour, leadHours, hours, gramsPerPlace } = calendar;
  const starts = hours.map(({ hour }) => hour);
  return {
    countries: [...countries],
    timeZone,
    weekdays: [...new Set(hours.map(({ weekday }) => weekday))].toSorted((one, other) => one - other),
    window: { fromHour: Math.min(...starts), toHour: Math.max(...starts) + 1 },
    maxWeightGrams: Math.max(...hours.map(({ places }) => places)) * gramsPerPlace,
    transitHours: leadHours,
    ...(holidays && { holidays }),
    ...(cutOffHour !== undefined && { cutOffHour }),
  };
}
