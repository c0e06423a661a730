/** Where and when a distributor delivers: its registered rules, from which its auto agent plans. */
export interface DistributorTerms {
  /** ISO 3166-1 alpha-2 codes of the countries that it serves. */
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
