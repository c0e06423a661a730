import { createCountersignClient, type Order } from 'countersign-client';
import { readEcheck, verifyEcheck } from 'countersign-client/echeck';
import { newTerminalKey, signPresentation } from 'countersign-client/presentation';
import { createSite, loadSiteKey, type PartyMessage } from 'countersign-client/site';
import { readCheckStatus } from 'countersign-client/status-list';

/* Somebody else's program: it has the package and nothing of this repository. Prints what it has found as JSON. */

const { BASE_URL: baseUrl = '', ISSUER: issuer = '', TOKEN: token } = process.env;
const client = createCountersignClient({ baseUrl, token: async () => token });
const office = { issuer, jwksUrl: `${baseUrl}/.well-known/jwks.json` };
const terminal = await newTerminalKey();
const lines = [{ sku: 'rye-1kg', quantity: 2 }];
const deliverTo = { name: 'Ada', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' } as const;

const { data: order, error } = await client.POST('/v1/orders', {
  params: { header: { 'Idempotency-Key': 'packed' } },
  body: {
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines,
    deliverTo,
    settleOn: 'delivery',
    presentation: 'manual',
    payment: 'manual',
    terminalKey: terminal.publicKey,
  },
});
if (!order) throw new Error(error.detail ?? error.title);
const echeck = checkOf(order);
const before = await verifyEcheck(echeck, { office, sellerId: 'seller-mill' });
const { fate } = await readCheckStatus(echeck, office);
const presentation = await signPresentation(terminal, { echeck, lines, deliverTo });
const presented = await client.POST('/v1/orders/{orderId}/presentation', {
  params: { path: { orderId: order.id } },
  body: { presentation },
});

// @ts-expect-error An order has no such member.
const missing: unknown = order.colour;
// @ts-expect-error There is no such path.
await client.GET('/v1/nothing').catch(() => undefined);

const site = createSite({
  party: 'seller-mill',
  office,
  signingKey: await loadSiteKey('site-key.json'),
  handle: async (message: PartyMessage) => {
    if (message.kind === 'presentation') return { verdict: 'refused', body: { reason: message.body.charge.currency } };
    return { verdict: 'received' };
  },
});
const keys = await site.fetch(new Request('http://site/.well-known/jwks.json'));

console.log(
  JSON.stringify({
    valid: before.valid,
    said: (await readEcheck(echeck, office))?.charge,
    fate,
    presented: presented.response.status,
    missing: typeof missing,
    keys: keys.status,
  }),
);

function checkOf({ echeck: check }: Order): string {
  if (!check?.jws) throw new Error('the order has no check');
  return check.jws;
}
