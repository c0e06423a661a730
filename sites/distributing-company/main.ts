import { CommanderError } from 'commander';
import { askedToEnd, givenArguments, letGo } from '../../client/site-process.ts';
import { runCommand } from './cli.ts';
import { startCompany } from './server.ts';
import { parseSettings } from './settings.ts';

/** `node sites/distributing-company/main.ts`: the company's server, until SIGTERM, SIGINT or the end of whoever started it; with arguments, one command. */
async function main(): Promise<void> {
  const command = givenArguments();
  if (command.length > 0) return runCommand(command);
  const company = await startCompany(parseSettings(process.env));
  // Heard before it is said that it listens: whoever reads that may end it at once.
  const asked = askedToEnd();
  console.log(`distributing company: ${company.url}`);
  process.send?.('ready');
  await asked;
  await company.close();
  letGo();
}

main().catch((error: unknown) => {
  // Of a command that is none it was said before.
  if (error instanceof CommanderError) process.exit(error.exitCode);
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
