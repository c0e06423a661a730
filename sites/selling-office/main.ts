import { askedToEnd, letGo } from '../../client/site-process.ts';
import { rotateSiteKey } from '../../client/site.ts';
import { startSellingOffice } from './server.ts';
import { parseSettings, type Settings } from './settings.ts';

/**
 * `node sites/selling-office/main.ts`: the shop's server, until SIGTERM, SIGINT or the end of whoever started it. With
 * `rotate-key`: from now on it signs with a new key, also where it runs already.
 */
async function main(): Promise<void> {
  const command = commandOrExit();
  const settings = settingsOrExit();
  if (command === 'rotate-key') return rotateSiteKey(settings.keyFile);
  const shop = await startSellingOffice(settings);
  shop.deps.logger.info({ url: shop.url, party: shop.deps.party }, 'selling office listens');
  process.send?.('ready');
  await askedToEnd();
  await shop.close();
  letGo();
}

const USAGE = `Usage: npm run site:selling-office [-- rotate-key]
Without a command: the server. rotate-key: from now on it signs with a new key.
All settings: sites/selling-office/README.md`;

/** The only command there is, or none. */
function commandOrExit(): 'rotate-key' | undefined {
  // Whoever supervises a server may mark it, to find it again among all processes: no command.
  const [command, ...others] = process.argv.slice(2).filter((argument) => !argument.startsWith('--instance='));
  if (command === undefined || (command === 'rotate-key' && others.length === 0)) return command;
  const isQuestion = command === '--help' || command === '-h';
  console.error(isQuestion ? USAGE : `There is no command ${[command, ...others].join(' ')}.\n${USAGE}`);
  return process.exit(isQuestion ? 0 : 1);
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
