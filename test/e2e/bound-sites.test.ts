import { decodeJwt } from 'jose';
import { isOfItsTerminal } from '../../client/presentation.ts';
import type { MessageBodies } from '../../client/party-messages.ts';
import { finalOrder, orderWhen, testService, type TestService } from '../support/service.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';
import { testTerminal, type TestTerminal } from '../support/terminal.ts';

/* A bound terminal, a seller and a distributor with servers of their own: what the terminal has signed reaches the seller's server. */

type Body = MessageBodies['presentation'];

let service: TestService;
let pair: SitePair;
let terminal: TestTerminal;
beforeAll(async () => {
  [service, terminal] = await Promise.all([testService(), testTerminal()]);
  pair = await sitePair(service, 'bound');
});
afterAll(async () => {
  await pair.close();
  await service.close();
});

async function presented(key: string, header = {}): Promise<{ id: string; presentation: string; body: Body }> {
  const ordered = { ...pair.order, presentation: undefined, terminalKey: terminal.terminalKey };
  const posted = await service.ask('POST', '/v1/orders', { body: ordered, key });
  const { id } = posted.body;
  const presentation = await terminal.sign(terminal.claimsFor(posted.body), header);
  const answer = await service.ask('POST', `/v1/orders/${id}/presentation`, { body: { presentation } });
  expect([answer.status, answer.body.type]).toEqual([200, undefined]);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const sent = pair.seller.tries.find(({ claims }) => claims?.sub === id && claims?.kind === 'presentation');
  return { id, presentation, body: sent?.claims?.body as unknown as Body };
}

test('the seller has the very words of the terminal, and sees by the check that they are', async () => {
  const { id, presentation, body } = await presented('with-key');
  expect(body).toMatchObject({ presentation, terminalKey: terminal.terminalKey });
  expect(decodeJwt(body.echeck)['cnf']).toEqual({ jkt: terminal.thumbprint });
  expect(await isOfItsTerminal(body)).toBe(true);
  await reportBy(pair.distributor, id, 'proof');
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
});

test('a terminal that does not name its key in the header is known by the key of its order', async () => {
  const { body } = await presented('without-key', { jwk: undefined });
  expect(await isOfItsTerminal(body)).toBe(true);
  expect(await isOfItsTerminal({ ...body, terminalKey: undefined })).toBe(false);
});

test('nobody on the way can change what the terminal has signed', async () => {
  const [{ body }, { body: another }, stranger] = [
    await presented('one'),
    await presented('two'),
    await testTerminal(),
  ];
  const { presentation = '', lines, deliverTo } = body;
  const bySomebodyElse = await stranger.sign({ ...decodeJwt(presentation) });
  const changes: Partial<Body>[] = [
    { presentation: undefined },
    { presentation: another.presentation },
    { presentation: bySomebodyElse },
    { presentation: bySomebodyElse, terminalKey: stranger.terminalKey },
    { presentation: presentation.replace(/.{4}$/, 'AAAA') },
    { presentation: 'none' },
    { echeck: another.echeck },
    { lines: lines.map((line) => ({ ...line, quantity: line.quantity + 1 })) },
    { lines: [...lines, ...lines] },
    { deliverTo: { ...deliverTo, city: 'Bonn' } },
  ];
  for (const change of changes)
    expect([change, await isOfItsTerminal({ ...body, ...change })]).toEqual([change, false]);
});

test('a check that is bound to no terminal comes without such words', async () => {
  const posted = await service.ask('POST', '/v1/orders', { body: pair.order, key: 'unbound' });
  const { id } = posted.body;
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const sent = pair.seller.tries.find(({ claims }) => claims?.sub === id && claims?.kind === 'presentation');
  const body = sent?.claims?.body as unknown as Body;
  expect(body).not.toHaveProperty('presentation');
  expect(await isOfItsTerminal(body)).toBe(true);
  const added = { ...body, presentation: await terminal.sign({}), terminalKey: terminal.terminalKey };
  expect(await isOfItsTerminal(added)).toBe(false);
});
