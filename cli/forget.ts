import { Command } from 'commander';
import { withOffice } from './office.ts';

const MOST_NAMED = 100;

/** `countersign forget <party>`: what was sealed for that person cannot be opened any more, in no database or history. */
export function forgetCommand(): Command {
  return new Command('forget')
    .argument('<party>', 'the id of the party to forget, such as buyer-ada')
    .description("Delete the key of a person's sealed data, permanently. Orders, checks and money stay on record.")
    .action((party: string) =>
      withOffice(async (orm) => {
        const [{ deleteDataKey }, { listIdentities }] = await Promise.all([
          import('../platform/sealing.ts'),
          import('../office/registry/index.ts'),
        ]);
        const deleted = await deleteDataKey(orm, party);
        console.log(deleted ? `${party} is forgotten.` : `${party} has no sealed data: nothing to forget.`);
        const left = await listIdentities(orm.em.fork(), { partyId: party, limit: MOST_NAMED });
        if (left.length === 0) return;
        const ids = left.map(({ id }) => id).join(', ');
        console.log(
          `Subjects of token issuers are still ${party}, by ${ids}: DELETE /v1/identities/{id} forgets each.`,
        );
      }),
    );
}
