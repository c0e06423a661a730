import { api } from '../data/api.ts';
import type { Role, SignedIn } from './party.ts';

/** Signing in as one of the parties of the embedded mode, the demo parties first: their tokens come from the service itself. */

const REMEMBERED = 'countersign.demo-party';

export interface DemoParty {
  readonly party: string;
  readonly role: Role;
}

/** The demo parties, then the others that are registered. Throws what the API says against it, and when it cannot be reached. */
export async function demoParties(): Promise<readonly DemoParty[]> {
  return (await tokens()).map(({ party, role }) => ({ party, role }));
}

/** Signs in as a demo party, and remembers its id (never its token) for this tab. */
export async function signInAsDemoParty(party: string): Promise<SignedIn> {
  const found = (await tokens()).find((one) => one.party === party);
  if (!found) throw new Error(`There is no demo party ${party}.`);
  sessionStorage.setItem(REMEMBERED, party);
  return { session: { partyId: party, role: found.role }, token: async () => found.token };
}

/** After a reload: the same demo party once more, with a token that is read again. */
export async function restoreDemoSession(): Promise<SignedIn | undefined> {
  const party = sessionStorage.getItem(REMEMBERED);
  return party === null ? undefined : signInAsDemoParty(party);
}

export function forgetDemoParty(): void {
  sessionStorage.removeItem(REMEMBERED);
}

async function tokens() {
  const { data, error } = await api.GET('/dev/tokens');
  if (!data) throw error;
  return data.tokens;
}
