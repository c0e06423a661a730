import { z } from 'zod';

export const SELLER = 'seller-loom';
export const DISTRIBUTOR = 'distributor-rail';
export const BUYER = 'buyer-ada';
const OPERATOR = 'operator-olga';

const money = z.object({ amount: z.int(), currency: z.string() });
export type DemoMoney = z.output<typeof money>;

const tokens = z.object({ tokens: z.array(z.object({ party: z.string(), token: z.string() })) });
const commodities = z.object({ data: z.array(z.object({ sku: z.string(), name: z.string(), price: money })) });
const registration = z.object({ agent: z.literal('site'), site: z.object({ url: z.string() }) });
const messages = z.looseObject({
  office: z.looseObject({ issuer: z.string() }),
  data: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      from: z.string(),
      to: z.string(),
      attempts: z.int(),
      receipt: z.string().nullable(),
      verdict: z.string().nullable(),
      receiptedAt: z.string().nullable(),
      keys: z.looseObject({ kid: z.string().optional() }).nullable(),
    }),
  ),
});
export type DemoMessages = z.output<typeof messages>;
export type DemoMessage = DemoMessages['data'][number];
const trace = z.object({
  accounts: z.array(z.object({ accountId: z.string(), net: money })),
  proof: z.object({ sum: money.nullable(), held: money.nullable(), netsToZero: z.boolean() }),
});
export type DemoTrace = z.output<typeof trace>;

/** The addresses of the two servers beside the office. */
export interface Parties {
  readonly sellingOffice: string;
  readonly distributingCompany: string;
}

export type Tokens = ReadonlyMap<string, string>;

/** Throws where nobody answers, and where the office gives no demo tokens. */
export async function tokensOf(url: string): Promise<Tokens> {
  const { tokens: all } = await get(url, '/dev/tokens', undefined, tokens);
  return new Map(all.map(({ party, token }) => [party, token]));
}

/** What a demo reads of an office. Each throws for any other answer than the one that it waits for. */
export function reads(url: string, all: Tokens) {
  const operator = all.get(OPERATOR);
  const addressOf = async (kind: string, id: string): Promise<string> => {
    const { site } = await get(url, `/v1/registry/${kind}/${id}`, operator, registration);
    return site.url;
  };
  return {
    async parties(): Promise<Parties> {
      const sellingOffice = await addressOf('sellers', SELLER);
      const distributingCompany = await addressOf('distributors', DISTRIBUTOR);
      for (const site of [sellingOffice, distributingCompany]) await get(site, '/health', undefined, z.unknown());
      return { sellingOffice, distributingCompany };
    },
    commodities: async () => (await get(url, `/v1/sellers/${SELLER}/commodities`, all.get(BUYER), commodities)).data,
    /** With the operator's own token, which is put on record, or with another party's key. */
    messages: (orderId: string, key = operator) => {
      const why = key === operator ? `?reason=${encodeURIComponent('npm run demo')}` : '';
      return get(url, `/v1/orders/${orderId}/messages${why}`, key, messages);
    },
    money: (orderId: string) => get(url, `/v1/orders/${orderId}/money`, operator, trace),
  };
}

/** The public keys that a server publishes, as they stand there. */
export async function publishedKeys(url: string): Promise<string> {
  return JSON.stringify(await get(url, '/.well-known/jwks.json', undefined, z.object({ keys: z.array(z.unknown()) })));
}

const PATIENCE_MS = 60_000;

async function get<Schema extends z.ZodType>(
  url: string,
  path: string,
  token: string | undefined,
  schema: Schema,
): Promise<z.output<Schema>> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text.slice(0, 300)}`);
  return schema.parse(response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text);
}
