import { createSiteKeys, sendMessage, TransmissionError, type OutgoingMessage } from '../../office/messages/index.ts';
import type { OrderId } from '../../domain/ids.ts';
import { honest, lying, oversized, type Falsehood } from '../support/site-behaviours.ts';
import { FALSE_ANSWERS, FALSE_CLAIMS, falseSignatures } from '../support/site-falsehoods.ts';
import { orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { sitePair, type SitePair } from '../support/site-parties.ts';

/* One message to a server that tells every falsehood that it can think of, before the truth. */

let service: TestService;
let pair: SitePair;
let message: OutgoingMessage;
beforeAll(async () => {
  service = await testService();
  pair = await sitePair(service, 'liar');
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(pair.order), key: 'lies' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  message = {
    orderId: body.id as OrderId,
    kind: 'ended',
    to: pair.seller.party,
    from: 'countersign-test',
    body: { stage: 'cancelled', reason: 'for the test' },
    personalOf: 'buyer-ada',
  };
});
afterAll(async () => {
  await pair?.close();
  await service.close();
});

function send() {
  const { orm, signing, sealer, clock } = service.deps;
  const siteKeys = createSiteKeys({ cooldownMs: 0, maxAgeMs: 0 });
  return sendMessage({ orm, signing, sealer, clock, siteKeys, privateSiteAllowed: () => true }, message);
}

/** What the office makes of each: the fault, or what it took for a receipt. */
async function outcomes(falsehoods: Record<string, Falsehood>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, falsehood] of Object.entries(falsehoods)) {
    pair.seller.behaviour = lying(falsehood);
    found[name] = await send().then(
      ({ answer }) => `receipted: ${answer.verdict}`,
      (error: unknown) => (error instanceof TransmissionError ? error.fault : String(error)),
    );
  }
  return found;
}

const all = (falsehoods: Record<string, Falsehood>, fault: string): Record<string, string> =>
  Object.fromEntries(Object.keys(falsehoods).map((name) => [name, fault]));

test('nothing false about the words of a receipt passes', async () => {
  expect(await outcomes(FALSE_CLAIMS)).toEqual(all(FALSE_CLAIMS, 'BadReceipt'));
});

test('nothing false about its signature passes', async () => {
  const [key] = pair.seller.keys;
  if (!key) throw new Error('a site has a key');
  const falsehoods = await falseSignatures(key);
  expect(await outcomes(falsehoods)).toEqual(all(falsehoods, 'BadReceipt'));
});

test('nothing false about the answer that carries it passes', async () => {
  const statuses = Object.keys(FALSE_ANSWERS).filter((name) => /^status|^a redirect/.test(name));
  const unreachable = Object.fromEntries(statuses.map((name) => [name, 'SiteUnreachable']));
  expect(await outcomes(FALSE_ANSWERS)).toEqual({ ...all(FALSE_ANSWERS, 'BadReceipt'), ...unreachable });
  pair.seller.behaviour = oversized();
  await expect(send()).rejects.toMatchObject({ fault: 'BadReceipt' });
});

test('after all of them the true receipt counts, of the very same bytes, and no later one changes it', async () => {
  pair.seller.behaviour = honest();
  const { answer } = await send();
  expect(answer).toEqual({ verdict: 'received' });
  const tries = pair.seller.triesOf('ended');
  expect(tries.length).toBeGreaterThan(35);
  expect(new Set(tries.map(({ text }) => text)).size).toBe(1);
  pair.seller.behaviour = lying({ claims: (good) => ({ ...good, verdict: 'refused' }) });
  expect(await send()).toMatchObject({ answer: { verdict: 'received' } });
  expect(pair.seller.triesOf('ended')).toHaveLength(tries.length);
});
