import { databaseFailure } from '../domain/faults.ts';
import { SettingsError } from '../platform/settings.ts';

/**
 * A database that does not answer as one line that names the setting and the address, never the password. Every other error
 * is given back as it is.
 */
export function asUnreachable(error: unknown, setting: string, databaseUrl: string): unknown {
  if (error instanceof SettingsError) return error;
  const failure = databaseFailure(error);
  if (failure?.fault !== 'DatabaseUnavailable' && failure?.fault !== 'DatabaseBusy') return error;
  const place = placeOf(databaseUrl);
  return new SettingsError(
    `${setting}: the database at ${place} does not answer (${failure.message})${adviceFor(failure.message)}`,
    {
      cause: error,
    },
  );
}

/** What PgBouncer says of settings that it cannot pass on. */
function adviceFor(message: string): string {
  return /startup parameter/.test(message) ? ': behind a pooler, set DATABASE_DIRECT_URL as well' : '';
}

function placeOf(databaseUrl: string): string {
  try {
    const { hostname, port, pathname } = new URL(databaseUrl);
    return `${hostname}:${port || 5432}${pathname}`;
  } catch {
    return 'an address that is no URL';
  }
}
