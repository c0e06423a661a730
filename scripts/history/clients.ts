import { createCountersignClient, type CountersignClient } from '../../client/index.ts';

/** The demo parties' clients, by their ids. */
export type Clients = Readonly<Record<'ada' | 'swift' | 'olga', CountersignClient>>;

/** The clients of an office's demo parties, by their tokens. */
export function clientsOf(baseUrl: string, tokens: ReadonlyMap<string, string>): Clients {
  const of = (party: string) => createCountersignClient({ baseUrl, token: () => tokens.get(party) });
  return { ada: of('buyer-ada'), swift: of('distributor-swift'), olga: of('operator-olga') };
}

/** What was answered. Throws with the problem's own words when it was refused. */
export async function succeeded<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer;
  if (response.ok) return data as Data;
  throw new Error(`${new URL(response.url).pathname} was answered ${response.status}: ${JSON.stringify(error)}`);
}
