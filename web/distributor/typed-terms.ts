import type { components } from '../../client/index.ts';

export type Terms = components['schemas']['DistributorTerms'];

/** Terms as a person types them: numbers as text, so that a field may be empty for a moment. */
export interface TypedTerms {
  /** ISO 3166-1 codes; the first is home. */
  readonly countries: readonly string[];
  readonly timeZone: string;
  /** ISO weekdays: 1 is Monday. */
  readonly weekdays: readonly number[];
  readonly fromHour: string;
  readonly toHour: string;
  readonly maxKilograms: string;
  readonly homeHours: string;
  readonly abroadHours: string;
  /** Whose public holidays are kept; empty for none. */
  readonly holidayCountry: string;
  readonly holidayRegion: string;
  /** Empty: goods leave whenever they are ready. */
  readonly cutOffHour: string;
}

export function typedTerms(terms: Terms): TypedTerms {
  const { countries, timeZone, weekdays, window, maxWeightGrams, transitHours, holidays, cutOffHour } = terms;
  return {
    countries,
    timeZone,
    weekdays,
    fromHour: String(window.fromHour),
    toHour: String(window.toHour),
    maxKilograms: String(maxWeightGrams / 1000),
    homeHours: String(transitHours?.home ?? 24),
    abroadHours: String(transitHours?.abroad ?? 72),
    holidayCountry: holidays?.country ?? '',
    holidayRegion: holidays?.region ?? '',
    cutOffHour: cutOffHour === undefined ? '' : String(cutOffHour),
  };
}

/** What was typed as the API has it, which judges it. Fields of the form are numbers by their type. */
export function readTerms(typed: TypedTerms): Terms {
  const { countries, timeZone, weekdays, holidayCountry: country, cutOffHour } = typed;
  const region = typed.holidayRegion.trim();
  return {
    countries: [...countries],
    timeZone,
    weekdays: weekdays.toSorted((a, b) => a - b),
    window: { fromHour: Number(typed.fromHour), toHour: Number(typed.toHour) },
    maxWeightGrams: Math.round(Number(typed.maxKilograms) * 1000),
    transitHours: { home: Number(typed.homeHours), abroad: Number(typed.abroadHours) },
    ...(country && { holidays: { country, ...(region && { region }) } }),
    ...(cutOffHour !== '' && { cutOffHour: Number(cutOffHour) }),
  };
}
