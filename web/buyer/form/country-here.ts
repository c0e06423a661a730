import type { Serving } from './who-delivers.ts';

/** What this browser tells about where it is. */
interface Browser {
  readonly timeZone: string;
  /** Its languages, the preferred one first. */
  readonly languages: readonly string[];
}

/**
 * The country to begin with, of those that some distributor serves: by the time zone, which tells where one is, else by the language,
 * else where the first distributor is at home. A guess: the person chooses.
 */
export function countryHere(
  codes: readonly string[],
  distributors: readonly Serving[],
  { timeZone, languages }: Browser = ofThisBrowser(),
): string {
  const served = codes.filter((code) => distributors.some(({ countries }) => countries.includes(code)));
  const byZone = served.find((code) => zonesOf(code).includes(timeZone));
  const byLanguage = languages.map(regionOf).find((region) => region !== undefined && served.includes(region));
  const home = distributors[0]?.countries.find((code) => served.includes(code));
  return byZone ?? byLanguage ?? home ?? served[0] ?? codes[0] ?? '';
}

function ofThisBrowser(): Browser {
  return { timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone, languages: navigator.languages };
}

/** Newer than the types know, and than some browsers do. */
interface WithZones {
  readonly getTimeZones?: () => readonly string[] | undefined;
}

function zonesOf(code: string): readonly string[] {
  const locale = new Intl.Locale(`und-${code}`) as Intl.Locale & WithZones;
  return locale.getTimeZones?.() ?? [];
}

function regionOf(language: string): string | undefined {
  return new Intl.Locale(language).maximize().region;
}
