import { DateTime } from 'luxon';

/**
 * How long a `Retry-After` header asks to wait, in milliseconds from `now`: it holds seconds, or an HTTP date in any of the
 * three forms. `undefined` when it is neither. A date that is over asks for no wait. Any run of digits counts, however long:
 * whoever waits has a bound of its own.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  const date = DateTime.fromHTTP(text);
  return date.isValid ? Math.max(date.toMillis() - now.getTime(), 0) : undefined;
}
