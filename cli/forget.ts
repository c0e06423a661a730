import { Command } from 'commander';
import { withOffice } from './office.ts';

/** `countersign forget <party>`: what was sealed for that person cannot be opened any more, in no database or history. */
export function forgetCommand(): Command {
  return new Command('forget')
    .argument('<party>', 'the id of the party to forget, such as buyer-ada')
    .description("Delete the key of a person's sealed data, permanently. Orders, checks and money stay on record.")
    .action((party: string) =>
      withOffice(async (orm) => {
        const { deleteDataKey } = await import('../platform/sealing.ts');
        const deleted = await deleteDataKey(orm, party);
        console.log(deleted ? `${party} is forgotten.` : `${party} has no sealed data: nothing to forget.`);
      }),
    );
}
