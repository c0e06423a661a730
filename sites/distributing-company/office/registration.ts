import type { CountersignClient } from '../../../client/index.ts';
import type { Orm } from '../database.ts';
import { CompanyCalendar } from '../entities/calendar.entity.ts';
import { termsOf } from '../planning/calendar.ts';
import { readCalendar } from '../planning/read-calendar.ts';

const TIMEOUT_MS = 10_000;

/**
 * Registers the calendar's terms at the check office, where that has not the newest, so that calendar and terms cannot
 * disagree. Returns true when there is nothing left to do; what the office says against it stands with the calendar.
 */
export async function registerTerms(orm: Orm, client: CountersignClient): Promise<boolean> {
  const em = orm.em.fork();
  const { version, registeredVersion } = await em.findOneOrFail(CompanyCalendar, 1);
  if (registeredVersion === version) return true;
  const terms = termsOf(await readCalendar(em));
  const fault = await refusal(client, terms);
  // Only what was sent is registered: the calendar may have changed meanwhile. A fault is noted only where neither the calendar nor what is
  // registered has changed: another attempt may have ended before this one.
  if (fault === null)
    await em.nativeUpdate(CompanyCalendar, { id: 1 }, { registrationFault: null, registeredVersion: version });
  else await em.nativeUpdate(CompanyCalendar, { id: 1, version, registeredVersion }, { registrationFault: fault });
  return fault === null;
}

/** At a start the office is asked again: somebody may have changed the terms there. */
export async function registerAgain(orm: Orm): Promise<void> {
  await orm.em.fork().nativeUpdate(CompanyCalendar, { id: 1 }, { registeredVersion: null });
}

async function refusal(client: CountersignClient, terms: ReturnType<typeof termsOf>): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { data, error, response } = await client.PATCH('/v1/registry/self', { body: { terms }, signal });
    if (data) return null;
    // What stands between, a proxy, may answer without a problem.
    return error?.title ? `${error.title}: ${error.detail ?? ''}` : `The check office answers ${response.status}.`;
  } catch {
    return 'The check office does not answer.';
  }
}
