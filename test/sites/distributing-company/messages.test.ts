import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Job } from '../../../sites/distributing-company/entities/job.entity.ts';
import { Message } from '../../../sites/distributing-company/entities/message.entity.ts';
import { Place } from '../../../sites/distributing-company/entities/place.entity.ts';
import { TrustedSeller } from '../../../sites/distributing-company/entities/trusted-seller.entity.ts';
import { companyUnderTest, deliver, makeSeller, type CompanyUnderTest } from '../../support/company.ts';

/* What the distributing company answers to each message, and what it then has on record. */

let under: CompanyUnderTest;
beforeAll(async () => {
  under = await companyUnderTest();
});
afterAll(() => under?.close());

const jobOf = (orderId: string) => under.company.orm.em.fork().findOne(Job, { orderId });
const placesOf = (orderId: string) => under.company.orm.em.fork().find(Place, { orderId });

describe('an instruction', () => {
  test('is scheduled: a place is taken, and the driver has a job', async () => {
    const { orderId, verdict, body } = await under.instruct({ quantity: 3 });
    expect(verdict).toBe('scheduled');
    const job = await jobOf(orderId);
    expect(job).toMatchObject({ state: 'planned', weightGrams: 3_000, sellerId: 'seller-loom', country: 'DE' });
    expect(job?.deliverAt?.toISOString()).toBe(body.deliverAt);
    expect(Date.parse(body.deliverAt)).toBeGreaterThan(Date.now());
    expect(await placesOf(orderId)).toHaveLength(1);
  });

  test('that comes again, also at once, has the same receipt and one place', async () => {
    const { orderId, receipt, jws } = await under.instruct();
    const again = await Promise.all(Array.from({ length: 8 }, () => deliver(under.company.url, jws)));
    expect(new Set(again.map((sent) => sent.receipt))).toEqual(new Set([receipt]));
    expect(await placesOf(orderId)).toHaveLength(1);
  });

  test('whose first tries come at once has one receipt and one place', async () => {
    const orderId = randomUUID();
    const { instruct } = await makeSeller();
    const instruction = await instruct(orderId);
    const jws = await under.office.message({
      aud: 'distributor-rail',
      sub: orderId,
      jti: `${orderId}:instruction`,
      kind: 'instruction',
      from: 'seller-loom',
      body: { instruction },
    });
    const sent = await Promise.all(Array.from({ length: 8 }, () => deliver(under.company.url, jws)));
    expect(new Set(sent.map(({ receipt }) => receipt)).size).toBe(1);
    expect(await placesOf(orderId)).toHaveLength(1);
  });

  test('that the office signs anew, by another key, has the same date', async () => {
    const { orderId, body } = await under.instruct();
    await under.office.rotate();
    // A company that has read the keys a moment ago does not ask for others at once.
    await under.restart();
    const again = await under.instruct({ orderId });
    expect(again.body).toEqual(body);
    expect(await placesOf(orderId)).toHaveLength(1);
  });

  test('of heavy goods takes several places, side by side', async () => {
    const { orderId, verdict } = await under.instruct({ weightGrams: 250_000 });
    expect(verdict).toBe('scheduled');
    const places = await placesOf(orderId);
    expect(places).toHaveLength(3);
    expect(new Set(places.map(({ date, hour }) => `${date} ${hour}`)).size).toBe(1);
  });

  test.each([
    ['out_of_area', { country: 'US' }],
    ['too_heavy', { weightGrams: 601_000 }],
    ['too_heavy', { weightGrams: 100_000_000, quantity: 1_000_000 }],
  ])('is refused: %s', async (reason, goods) => {
    const { orderId, verdict, body } = await under.instruct(goods);
    expect({ verdict, body }).toEqual({ verdict: 'refused', body: { reason } });
    expect(await jobOf(orderId)).toMatchObject({ state: 'refused', refusal: reason, deliverAt: null });
    expect(await placesOf(orderId)).toHaveLength(0);
  });

  test.each([
    ['no JWS at all', async () => 'linen, please'],
    [
      'for another distributor',
      async (orderId: string) => (await makeSeller()).instruct(orderId, {}, { aud: 'swift' }),
    ],
    ['of another order', async () => (await makeSeller()).instruct(randomUUID())],
    ['of another seller', async (orderId: string) => (await makeSeller()).instruct(orderId, {}, { iss: 'mill' })],
    [
      'with a text that no database keeps',
      async (orderId: string) =>
        (await makeSeller()).instruct(
          orderId,
          {},
          {
            lines: [{ sku: 'linen', name: 'Linen\u0000', quantity: 1, weightGrams: 1 }],
          },
        ),
    ],
    [
      'with half a character',
      async (orderId: string) =>
        (await makeSeller()).instruct(
          orderId,
          {},
          {
            lines: [{ sku: 'linen', name: 'Linen \ud83d', quantity: 1, weightGrams: 1 }],
          },
        ),
    ],
    ['without goods', async (orderId: string) => (await makeSeller()).instruct(orderId, {}, { lines: [] })],
    [
      "in the office's name, which has not signed it",
      async (orderId: string) => (await makeSeller()).instruct(orderId, {}, { iss: 'countersign' }),
    ],
  ])('is refused: %s', async (_what, instructionOf) => {
    const orderId = randomUUID();
    const { verdict, body } = await under.instruct({ orderId, instruction: await instructionOf(orderId) });
    expect({ verdict, body }).toEqual({ verdict: 'refused', body: { reason: 'bad_instruction' } });
    expect(await jobOf(orderId)).toBeNull();
  });

  test('that does not say again of which order and seller it is, is taken as the message has it', async () => {
    const orderId = randomUUID();
    const { instruct } = await makeSeller();
    const instruction = await instruct(orderId, {}, { iss: undefined, sub: undefined });
    expect(await under.instruct({ orderId, instruction })).toMatchObject({ verdict: 'scheduled' });
    expect(await jobOf(orderId)).toMatchObject({ sellerId: 'seller-loom' });
  });

  test("that the office has signed in the seller's name is taken", async () => {
    const orderId = randomUUID();
    const claims = {
      iss: 'countersign',
      aud: 'distributor-rail',
      sub: orderId,
      lines: [{ sku: 'rye', quantity: 1, weightGrams: 1000 }],
    };
    const deliverTo = { name: 'Ada', street: 'Lindenweg 4', country: 'DE' };
    const instruction = await under.office.sign({ ...claims, deliverTo }, { typ: 'instruction+jwt' });
    expect(await under.instruct({ orderId, instruction })).toMatchObject({ verdict: 'scheduled' });
  });

  test('of a seller whose keys the company knows is verified by them', async () => {
    const [good, forger] = [await makeSeller(), await makeSeller()];
    const server = createServer((_request, response) => response.end(JSON.stringify(good.jwks)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await under.company.orm.em.fork().insert(TrustedSeller, { id: 'seller-known', jwksUrl });
      const answerTo = async ({ instruct }: typeof good) => {
        const orderId = randomUUID();
        const instruction = await instruct(orderId, {}, { iss: 'seller-known' });
        return (await under.send('instruction', { instruction }, { orderId, from: 'seller-known' })).verdict;
      };
      expect(await answerTo(good)).toBe('scheduled');
      expect(await answerTo(forger)).toBe('refused');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('after an attempt that failed', () => {
  test('another place is taken, and the old one given back', async () => {
    const { orderId, body } = await under.instruct();
    const [old] = await placesOf(orderId);
    const failedAt = body.deliverAt;
    const again = await under.send(
      'schedule_again',
      { attempt: 1, failedAt },
      { orderId, id: `${orderId}:schedule_again:1` },
    );
    expect(again.verdict).toBe('scheduled');
    expect(Date.parse(again.body.deliverAt)).toBeGreaterThanOrEqual(Date.parse(failedAt) + 24 * 60 * 60 * 1000);
    const places = await placesOf(orderId);
    expect(places).toHaveLength(1);
    expect(places[0]).not.toEqual(old);
    expect(await jobOf(orderId)).toMatchObject({ state: 'picked_up', attempt: 2 });
  });

  test('each attempt has its own message, and each message one answer', async () => {
    const { orderId, body } = await under.instruct();
    const failing = (attempt: number) =>
      under.send(
        'schedule_again',
        { attempt, failedAt: body.deliverAt },
        { orderId, id: `${orderId}:schedule_again:${attempt}` },
      );
    const [first, second, firstAgain] = [await failing(1), await failing(2), await failing(1)];
    expect(firstAgain.body).toEqual(first.body);
    expect(second.verdict).toBe('scheduled');
    expect(await placesOf(orderId)).toHaveLength(1);
    expect(await jobOf(orderId)).toMatchObject({ attempt: 3, deliverAt: new Date(second.body.deliverAt) });
  });

  test.each(['unknown', 'withdrawn'])('an order that is %s has none', async (which) => {
    const orderId = which === 'unknown' ? randomUUID() : (await under.instruct()).orderId;
    if (which === 'withdrawn') await under.send('withdrawn', { reason: 'cancelled' }, { orderId });
    const again = await under.send('schedule_again', { attempt: 1, failedAt: new Date().toISOString() }, { orderId });
    expect(again.verdict).toBe('received');
    expect(await placesOf(orderId)).toHaveLength(0);
  });
});

describe('an order that is withdrawn', () => {
  test('gives its place back and cancels the job', async () => {
    const { orderId } = await under.instruct();
    expect(await under.send('withdrawn', { reason: 'cancelled' }, { orderId })).toMatchObject({ verdict: 'received' });
    expect(await placesOf(orderId)).toHaveLength(0);
    expect(await jobOf(orderId)).toMatchObject({ state: 'cancelled' });
  });

  test('before its instruction has come is not begun', async () => {
    const orderId = randomUUID();
    await under.send('withdrawn', { reason: 'cancelled' }, { orderId });
    expect(await under.instruct({ orderId })).toMatchObject({ verdict: 'refused', body: { reason: 'withdrawn' } });
    expect(await jobOf(orderId)).toBeNull();
  });
});

test('a message of a seller is none of the company', async () => {
  const orderId = randomUUID();
  const jws = await under.office.message({
    aud: 'distributor-rail',
    sub: orderId,
    jti: `${orderId}:paid`,
    kind: 'paid',
    body: {},
  });
  const sent = deliver(under.company.url, jws);
  await expect(sent).rejects.toThrow('500');
  expect(await under.company.orm.em.fork().count(Message, { orderId })).toBe(0);
});
