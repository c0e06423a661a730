import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { digestOf, testTerminal, type TestTerminal } from '../support/terminal.ts';
import { orderFor, orderWhen, presentationOf, testService, type TestService } from '../support/service.ts';
import { expectProblem, type Answer } from './support.ts';

/* Claims 6 and 8 with a terminal that has a key of its own. */

let service: TestService;
let terminal: TestTerminal;
beforeAll(async () => {
  [service, terminal] = await Promise.all([testService(), testTerminal()]);
});
afterAll(() => service.close());

let orders = 0;
function place(change: Record<string, unknown> = {}, as = 'buyer-ada'): Promise<Answer> {
  return service.ask('POST', '/v1/orders', { as, body: orderFor(change), key: `bound-${(orders += 1)}` });
}

const bound = () => place({ terminalKey: terminal.terminalKey });
const present = (id: string, body: unknown) => service.ask('POST', `/v1/orders/${id}/presentation`, { body });

async function eventOf(id: string, type: string, as: string): Promise<Record<string, unknown> | undefined> {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as });
  return body.data.find((event: { type: string }) => event.type === type)?.body;
}

describe('an order with the key of its terminal', () => {
  test('has a check that names the key, and waits for its presentation though the buyer lets the service act', async () => {
    const { status, body } = await bound();
    expect(status).toBe(201);
    expect(body.stage).toBe('check_issued');
    expect(decodeJwt(body.echeck.jws)).toMatchObject({
      cnf: { jkt: terminal.thumbprint },
      terminal: { buyerId: 'buyer-ada', terminalId: 'terminal-ada' },
    });
  });

  test('is presented by what the key has signed, once; a repetition is harmless', async () => {
    const { body } = await bound();
    const message = await terminal.present(body);
    const presented = await present(body.id, message);
    expect(presented.status).toBe(200);
    expect((await present(body.id, message)).status).toBe(200);
    await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
    const again = { ...(await terminal.present(body, { iat: 1_700_000_000 })) };
    expectProblem(await present(body.id, again), 'illegal-transition');
  });

  test('shows what was signed to buyer and seller, and to no one else', async () => {
    const { body } = await bound();
    const { presentation } = await terminal.present(body);
    await present(body.id, { presentation });
    for (const party of ['buyer-ada', 'seller-mill'])
      expect(await eventOf(body.id, 'check_presented', party)).toMatchObject({ presentation });
    expect(await eventOf(body.id, 'check_presented', 'operator-olga')).toMatchObject({ presentation: null });
    await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
    expect(await eventOf(body.id, 'check_presented', 'distributor-swift')).toBeUndefined();
    const rows = await service.deps.orm.em
      .fork()
      .execute('select body::text from order_events where order_id = ?', [body.id]);
    expect(JSON.stringify(rows)).not.toContain(presentation);
  });

  test.each<[string, (order: Answer['body']) => Promise<unknown>, string]>([
    ['by no signature', async (order) => presentationOf(order), 'wrong_terminal'],
    ['by another key', async (order) => (await testTerminal()).present(order), 'wrong_terminal'],
    [
      'by another key that calls itself the right one',
      async (order) => {
        const other = await testTerminal();
        const header = { jwk: { ...terminal.terminalKey }, kid: terminal.thumbprint };
        return { presentation: await other.sign(other.claimsFor(order), header) };
      },
      'wrong_terminal',
    ],
    [
      'as another type',
      async (order) => ({ presentation: await terminal.sign(terminal.claimsFor(order), { typ: 'JWT' }) }),
      'wrong_terminal',
    ],
    ['with another line', (order) => terminal.present(order, { lines: [{ sku: 'rye-1kg', quantity: 4 }] }), 'altered'],
    [
      'with another address',
      (order) => terminal.present(order, { deliverTo: { ...order.deliverTo, city: 'Bonn' } }),
      'altered',
    ],
    ['with another check', (order) => terminal.present(order, { digest: digestOf('a.b.c') }), 'altered'],
  ])('presented %s is refused however often, and can then be presented well', async (_how, message, reason) => {
    const { body } = await bound();
    const bad = await message(body);
    for (const _ of [1, 2]) {
      const refused = await present(body.id, bad);
      expectProblem(refused, 'echeck-invalid');
      expect(refused.body.reason).toBe(reason);
    }
    const types = (await service.ask('GET', `/v1/orders/${body.id}/timeline`)).body.data.map(
      ({ type }: { type: string }) => type,
    );
    expect(types).not.toContain('check_presented');
    expect(types.filter((type: string) => type === 'check_refused').length).toBeGreaterThanOrEqual(1);
    expect((await present(body.id, await terminal.present(body))).status).toBe(200);
  });

  test('what another buyer or a seller sends is not looked at', async () => {
    const { body } = await bound();
    const message = await terminal.present(body);
    for (const [as, status] of [
      ['buyer-bob', 404],
      ['seller-mill', 403],
    ] as const)
      expect((await service.ask('POST', `/v1/orders/${body.id}/presentation`, { as, body: message })).status).toBe(
        status,
      );
  });

  test('goes on after its workflow was lost, with the same key', async () => {
    const { body } = await bound();
    await service.client.workflow.getHandle(body.id).terminate('lost');
    const resumed = await service.ask('POST', `/v1/orders/${body.id}/interventions`, {
      as: 'operator-olga',
      body: { action: 'resume', reason: 'the workflow was lost' },
    });
    expect(resumed.status).toBe(200);
    const refused = await present(body.id, presentationOf(body));
    expect(refused.body).toMatchObject({ status: 422, reason: 'wrong_terminal' });
    expect((await present(body.id, await terminal.present(body))).status).toBe(200);
  });

  test('is another order without it, under one Idempotency-Key', async () => {
    const ask = (change: object) =>
      service.ask('POST', '/v1/orders', { body: orderFor({ ...change }), key: 'one-key' });
    expect((await ask({ terminalKey: terminal.terminalKey })).status).toBe(201);
    expectProblem(await ask({}), 'idempotency-key-reused');
    expectProblem(await ask({ terminalKey: (await testTerminal()).terminalKey }), 'idempotency-key-reused');
  });
});

test('a check that is bound to no terminal is presented by no signed message', async () => {
  const { body } = await place({ presentation: 'manual' });
  const refused = await present(body.id, await terminal.present(body));
  expectProblem(refused, 'echeck-invalid');
  expect(refused.body.reason).toBe('wrong_terminal');
  expect((await present(body.id, presentationOf(body))).status).toBe(200);
});

describe('a presentation that is neither', () => {
  test.each<[string, object, string]>([
    ['both at once', { presentation: 'a.b.c', echeck: 'a.b.c' }, '/echeck'],
    ['a signed message that is no JWS', { presentation: 'a.b' }, '/presentation'],
    ['a signed message that is no text', { presentation: {} }, '/presentation'],
    ['one with more beside it', { presentation: 'a.b.c', note: 'hello' }, '/note'],
    ['nothing at all', {}, '/echeck'],
  ])('%s is refused at its place', async (_what, message, pointer) => {
    const { body } = await bound();
    const answer = await present(body.id, message);
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });
});

test('a key as libraries export it is that key: what it says beside it is not looked at', async () => {
  const more = { kid: 'till-7', alg: 'EdDSA', use: 'sig', key_ops: ['verify'], ext: true };
  const { status, body } = await place({ terminalKey: { ...terminal.terminalKey, ...more } });
  expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
  const { cnf } = decodeJwt<{ cnf: object }>(body.echeck.jws);
  expect(cnf).toEqual({ jkt: terminal.thumbprint });
});

describe('the key of a terminal', () => {
  const good = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

  test.each<[string, object, string]>([
    ['with its private half', { ...good, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }, '/terminalKey/d'],
    ['of another curve', { ...good, crv: 'X25519' }, '/terminalKey/crv'],
    ['of another kind', { ...good, kty: 'EC' }, '/terminalKey/kty'],
    ['without its point', { kty: 'OKP', crv: 'Ed25519' }, '/terminalKey/x'],
    ['too short', { ...good, x: good.x.slice(0, -1) }, '/terminalKey/x'],
    ['padded', { ...good, x: `${good.x}=` }, '/terminalKey/x'],
    ['in another spelling of the same bytes', { ...good, x: good.x.replace(/.$/, 'p') }, '/terminalKey/x'],
    ['that anybody can sign with', { ...good, x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }, '/terminalKey/x'],
    ['in base64', { ...good, x: good.x.replace('_', '/') }, '/terminalKey/x'],
  ])('%s is refused at its place', async (_what, terminalKey, pointer) => {
    const answer = await place({ terminalKey });
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });

  test('goes with no presentation by the service, which does not have it', async () => {
    const answer = await place({ terminalKey: good, presentation: 'auto' });
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors).toMatchObject([{ pointer: '/presentation' }]);
    expect((await place({ terminalKey: good, presentation: 'manual' })).status).toBe(201);
  });
});

describe('the terminal that a body names', () => {
  const named = async (body: Answer['body']) =>
    decodeJwt<{ terminal: { terminalId: string } }>(body.echeck.jws).terminal;

  async function keyOf(): Promise<string> {
    const made = await service.ask('POST', '/v1/api-keys', {
      as: 'operator-olga',
      body: { partyId: 'buyer-ada', role: 'buyer', name: 'till', scopes: ['read', 'write'] },
    });
    expect(made.status).toBe(201);
    return made.body.key;
  }

  test('is the one that its token names, or 422', async () => {
    expect(await named((await place({ terminalId: 'terminal-ada' })).body)).toMatchObject({
      terminalId: 'terminal-ada',
    });
    const refused = await place({ terminalId: 'till-7' });
    expectProblem(refused, 'invalid-request');
    expect(refused.body.errors).toMatchObject([{ pointer: '/terminalId' }]);
    const withKey = await place({ terminalId: terminal.thumbprint, terminalKey: terminal.terminalKey });
    expectProblem(withKey, 'invalid-request');
  });

  test('is the thumbprint of its key where the credential names none, or 422', async () => {
    const as = await keyOf();
    const { terminalKey, thumbprint } = terminal;
    expect(await named((await place({ terminalKey }, as)).body)).toMatchObject({ terminalId: thumbprint });
    const same = await place({ terminalKey, terminalId: thumbprint }, as);
    expect(await named(same.body)).toMatchObject({ terminalId: thumbprint });
    const refused = await place({ terminalKey, terminalId: 'till-7' }, as);
    expectProblem(refused, 'invalid-request');
    expect(refused.body.errors).toMatchObject([{ pointer: '/terminalId' }]);
  });

  test('is free where neither says which it is', async () => {
    const as = await keyOf();
    expect(await named((await place({ terminalId: 'till-7' }, as)).body)).toMatchObject({ terminalId: 'till-7' });
    expect(await named((await place({}, as)).body)).toMatchObject({ terminalId: 'web:buyer-ada' });
  });

  test('of an order from the time when any could be named is still that order', async () => {
    const body = orderFor({ terminalId: 'till-former' });
    const refused = await service.ask('POST', '/v1/orders', { body, key: 'former' });
    expectProblem(refused, 'invalid-request');
    const id = orderIdFor('buyer-ada', 'former');
    const as = await keyOf();
    const placed = await service.ask('POST', '/v1/orders', { as, body, key: 'former' });
    expect(placed.body.id).toBe(id);
    const repeated = await service.ask('POST', '/v1/orders', { body, key: 'former' });
    expect(repeated).toMatchObject({ status: 201, body: { id } });
  });
});
