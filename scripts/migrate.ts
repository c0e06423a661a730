import { asUnreachable } from '../office/reachability.ts';
import { migrate } from '../platform/migrate.ts';
import { preparePooledUser } from '../platform/pooler.ts';
import { parseServiceSettings, settingsOrExit } from '../platform/settings.ts';
import { prepareTemporal } from '../platform/temporal-preparation.ts';

/**
 * The one-shot job of a deployment: newest schema in the database, namespace and search attributes in Temporal. Repeatable;
 * ends with code 1 and one line when something is not there.
 */
async function main(): Promise<void> {
  const settings = settingsOrExit(parseServiceSettings);
  const ran = await migrate(settings.directUrl).catch((error: unknown) => {
    const setting = settings.directUrl === settings.databaseUrl ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
    throw asUnreachable(error, setting, settings.directUrl);
  });
  console.log(ran.length === 0 ? 'database: up to date' : `database: migrated ${ran.join(', ')}`);
  if (settings.directUrl !== settings.databaseUrl) {
    const user = await preparePooledUser(settings.directUrl, settings.databaseUrl);
    console.log(`database: sessions of ${user} are prepared for the pooler`);
  }
  const advice = await prepareTemporal(settings);
  console.log(`temporal: ${advice ?? 'ready for orders'}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
