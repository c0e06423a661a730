import { isSeller, useOwnRegistration } from '../registration/own.ts';
import type { Terms } from './typed-terms.ts';

/** The distributor's registered terms; `undefined` until they are read. */
export function useOwnTerms(): Terms | undefined {
  const { data } = useOwnRegistration();
  return data && !isSeller(data) ? data.terms : undefined;
}

/** The time zone by which the distributor plans. */
export function useOwnZone(): string | undefined {
  return useOwnTerms()?.timeZone;
}
