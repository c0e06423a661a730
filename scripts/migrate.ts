import { asUnreachable } from '../office/reachability.ts';
import { ownerOf, prepareDatabase } from '../platform/logins/prepare-database.ts';
import { parseSetupSettings, settingsOrExit } from '../platform/settings.ts';
import { prepareTemporal } from '../platform/temporal-preparation.ts';

/**
 * The one-shot job of a deployment: newest schema in the database, the login of API and worker, namespace and search
 * attributes in Temporal. Repeatable; ends with code 1 and one line when something is not there.
 */
async function main(): Promise<void> {
  const settings = settingsOrExit(parseSetupSettings);
  const { migrations, notes } = await prepareDatabase(settings).catch((error: unknown) => {
    const { setting, url } = ownerOf(settings);
    throw asUnreachable(error, setting, url);
  });
  console.log(migrations.length === 0 ? 'database: up to date' : `database: migrated ${migrations.join(', ')}`);
  for (const note of notes) console.log(`database: ${note}`);
  const advice = await prepareTemporal(settings);
  console.log(`temporal: ${advice ?? 'ready for orders'}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
