import { listAccounts } from '../../office/ledger/index.ts';
import { listDistributors, listSellers } from '../../office/registry/index.ts';
import type { Orm } from '../../platform/orm.ts';
import type { DemoToken } from '../service/schema.ts';
import { DEMO_PARTIES, type DemoIssuer } from './demo-issuer.ts';
import type { Party } from './tokens.ts';

/** So many registered sellers, distributors and buyers beside the demo parties. */
const MOST_OF_EACH = 50;

/**
 * A token for each demo party, then for the sellers, distributors and buyers that are registered beside them, so that somebody can
 * sit at the desk of every party of the embedded mode. One token an id: whose id is taken already has none in a second role.
 */
export function demoTokens(issuer: DemoIssuer, orm: Orm): () => Promise<readonly DemoToken[]> {
  return async () => {
    const parties = new Map<string, Party>();
    for (const party of [...DEMO_PARTIES, ...(await registeredParties(orm))])
      if (!parties.has(party.id)) parties.set(party.id, party);
    const tokens = [...parties.values()].map(async (party) => ({
      party: party.id,
      role: party.role,
      token: await issuer.issue(party),
    }));
    return Promise.all(tokens);
  };
}

/** By role, then by id. Suspended ones too: they may still change what is their own. */
async function registeredParties(orm: Orm): Promise<Party[]> {
  const limit = MOST_OF_EACH + DEMO_PARTIES.length;
  const [sellers, distributors, buyers] = await Promise.all([
    listSellers(orm.em.fork(), { limit }),
    listDistributors(orm.em.fork(), { limit }),
    listAccounts(orm.em.fork(), { kind: 'buyer', limit }),
  ]);
  return [...ofRole('seller', sellers), ...ofRole('distributor', distributors), ...ofRole('buyer', buyers)];
}

/** The first of them that are no demo parties. */
function ofRole(role: Party['role'], registered: readonly { readonly id: string }[]): Party[] {
  const others = registered.filter(({ id }) => !DEMO_PARTIES.some((demo) => demo.id === id));
  return others.slice(0, MOST_OF_EACH).map(({ id }) => ({ id, role }));
}
