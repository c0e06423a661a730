import { CommanderError } from 'commander';
import { askedToEnd, givenArguments, letGo } from '../../client/site-process.ts';
import { runCommand } from './cli.ts';
import { startSellingOffice } from './server.ts';
import { parseSettings } from './settings.ts';

/** `node sites/selling-office/main.ts`: the shop's server, until SIGTERM, SIGINT or the end of whoever started it; with arguments, one command. */
async function main(): Promise<void> {
  const command = givenArguments();
  if (command.length > 0) return runCommand(command);
  const shop = await startSellingOffice(parseSettings(process.env));
  // Heard before it is said that it listens: whoever reads that may end it at once.
  const asked = askedToEnd();
  shop.deps.logger.info({ url: shop.url, party: shop.deps.party }, 'selling office listens');
  process.send?.('ready');
  await asked;
  await shop.close();
  letGo();
}

main().catch((error: unknown) => {
  // Of a command that is none it was said before.
  if (error instanceof CommanderError) process.exit(error.exitCode);
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
