import { succeeded, type Clients } from './clients.ts';
import { MANUAL_DISTRIBUTOR, MANUAL_SELLER } from './parties.ts';
import type { Unfinished } from './running.ts';

/** Who takes part in the orders that are still to be placed, and is not to act by hand in them. */
export function neededFor(orders: readonly Unfinished[]): readonly string[] {
  const placed = orders.filter(({ progress }) => progress === 'missing');
  const parties = placed.flatMap(({ waiting: { request } }) => [request.sellerId, request.distributorId]);
  return [...new Set(parties)].filter((id) => id !== MANUAL_SELLER && id !== MANUAL_DISTRIBUTOR);
}

/** Throws, in one line that names them, when one of these parties would leave the orders waiting. Reads only. */
export async function requireActing(clients: Clients, ids: readonly string[]): Promise<void> {
  const found = await Promise.all(ids.map((id) => hindranceOf(clients, id)));
  const hindrances = found.filter((one) => one !== undefined);
  if (hindrances.length === 0) return;
  throw new Error(
    `Nothing was added, for the history needs parties that act by themselves: ${hindrances.join(', ')}. ` +
      'Their desks set them back ("Who decides", "Who plans"), and the check office\'s desk a suspended one; then run this again.',
  );
}

async function hindranceOf(clients: Clients, id: string): Promise<string | undefined> {
  const { agent, status } = await registrationOf(clients, id);
  if (status === 'suspended') return `${id} is suspended`;
  return agent === 'auto' ? undefined : `${id} acts ${agent === 'manual' ? 'by hand' : 'by its own server'}`;
}

function registrationOf({ olga }: Clients, id: string): Promise<{ agent: string; status: string }> {
  return id.startsWith('seller-')
    ? succeeded(olga.GET('/v1/registry/sellers/{sellerId}', { params: { path: { sellerId: id } } }))
    : succeeded(olga.GET('/v1/registry/distributors/{distributorId}', { params: { path: { distributorId: id } } }));
}
