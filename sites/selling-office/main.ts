import { askedToEnd, letGo } from '../../client/site-process.ts';
import { rotateSiteKey } from '../../client/site.ts';
import { startSellingOffice } from './server.ts';
import { parseSettings, type Settings } from './settings.ts';

/**
 * `node sites/selling-office/main.ts`: the shop's server, until SIGTERM, SIGINT or the end of whoever started it. With
 * `rotate-key`: from now on it signs with a new key, also where it runs already.
 */
async function main(): Promise<void> {
  const settings = settingsOrExit();
  if (process.argv.includes('rotate-key')) return rotateSiteKey(settings.keyFile);
  const shop = await startSellingOffice(settings);
  shop.deps.logger.info({ url: shop.url, party: shop.deps.party }, 'selling office listens');
  process.send?.('ready');
  await askedToEnd();
  await shop.close();
  letGo();
}

function settingsOrExit(): Settings {
  try {
    return parseSettings(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(1);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
