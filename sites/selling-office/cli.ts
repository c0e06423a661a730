import { Command } from 'commander';
import { requiredSetting } from '../../client/site-settings.ts';
import { rotateSiteKey } from '../../client/site.ts';

/** Runs one command. Throws `CommanderError`, and has said why, for a command that is none. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const shop = new Command('selling-office').description('Without a command: the server.');
  shop
    .command('rotate-key')
    .description('from now on it signs with a new key, also where it runs already')
    .action(() => rotateSiteKey(requiredSetting('SITE_KEY_FILE')));
  for (const command of [shop, ...shop.commands]) command.exitOverride();
  await shop.parseAsync(args, { from: 'user' });
}
