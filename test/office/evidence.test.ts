import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK } from 'jose';
import {
  createSiteKeys,
  evidenceSet,
  instructionFor,
  judgeEvidence,
  openMessage,
  readMessages,
  sendMessage,
  type EvidenceSet,
  type MessageDeps,
  type OutgoingMessage,
} from '../../office/messages/index.ts';
import { CHARGE, stepOffice, type OfficeOrder, type StepOffice } from '../guards/support/step-office.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { receiptClaims, signed, signingPair, startSite, type Claims, type SiteServer } from './site-server.ts';

/* A downloaded set of messages and receipts, judged without the office: a true one, and every way to change it. */

const ADDRESS = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
let office: StepOffice;
let mill: SiteServer;
let swift: SiteServer;
let order: OfficeOrder;
let folder: string;
let good: EvidenceSet;

beforeAll(async () => {
  office = await stepOffice();
  [mill, swift] = await Promise.all([startSite(), startSite()]);
  await office.sql("update sellers set site_url = ? where id = 'seller-mill'", [mill.url]);
  await office.sql('update distributors set site_url = ?', [swift.url]);
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  order = await office.order();
  await order.until('validation');
  good = await wholeSet();
});
afterAll(async () => {
  await Promise.all([mill.close(), swift.close()]);
  await rm(folder, { recursive: true });
  await office.close();
});

async function wholeSet(): Promise<EvidenceSet> {
  const { orm, signing, sealer, keyRing } = office;
  const clock = () => new Date();
  const deps: MessageDeps = { orm, signing, sealer, clock, siteKeys: createSiteKeys(), privateSiteAllowed: () => true };
  const { id: orderId, input } = order;
  const [row] = await office.sql('select jws, number from echecks where order_id = ?', [orderId]);
  const number = String(row?.['number']);
  const goods = { lines: [{ sku: 'rye-1kg', quantity: 3 }], deliverTo: ADDRESS };
  const instruction = await mill.sign({ aud: 'distributor-swift', sub: orderId, ...goods }, 'instruction+jwt');
  mill.receipts('promised', { instruction });
  swift.receipts('scheduled', { deliverAt: wednesdayNoon() });
  const toMill = { orderId, to: 'seller-mill', personalOf: input.buyerId };
  const send = (message: OutgoingMessage) => sendMessage(deps, message);
  await send({
    ...toMill,
    kind: 'presentation',
    from: 'buyer-ada',
    body: { echeck: String(row?.['jws']), ...goods, charge: CHARGE },
  });
  mill.receipts('received');
  await send({ ...toMill, kind: 'payment_indicated', from: 'buyer-ada', body: { number, amount: CHARGE } });
  const body = { instruction: await instructionFor(deps, orderId) };
  await send({ ...toMill, kind: 'instruction', to: 'distributor-swift', from: 'seller-mill', body });
  await send({ ...toMill, kind: 'completed', from: 'distributor-swift', body: { deliveredAt: wednesdayNoon() } });
  mill.answer = (_message, response) => response.writeHead(503).end();
  await send({ ...toMill, kind: 'paid', from: 'countersign-test', body: { number, amount: CHARGE } }).catch(
    () => undefined,
  );
  const records = await readMessages(orm.em.fork(), orderId);
  const data = await Promise.all(records.map((record) => openMessage(sealer, record)));
  const jwks = JSON.parse(JSON.stringify(await keyRing.publicJwks()));
  return evidenceSet.parse({ data, office: { issuer: 'countersign-test', jwks } });
}

type Entry = EvidenceSet['data'][number];
const judge = (set: EvidenceSet, pinned = new Map()) => judgeEvidence(set, { pinned, nowMs: Date.now() });
const entryOf = (set: EvidenceSet, kind: string): Entry => {
  const found = set.data.find((one) => one.kind === kind);
  if (!found) throw new Error(kind);
  return found;
};
const notesOf = async (set: EvidenceSet, kind: string, sort: string, pinned = new Map()): Promise<string[]> => {
  const findings = await judge(set, pinned);
  return findings
    .filter(({ id }) => id === `${order.id}:${kind}`)
    .flatMap(({ notes }) => notes.filter((note) => note.sort === sort).map((note) => note.text));
};
/** The set with one entry changed. */
const changed = (kind: string, change: (entry: Entry) => Partial<Entry>): EvidenceSet => ({
  ...good,
  data: good.data.map((one) => (one.kind === kind ? { ...one, ...change(one) } : one)),
});

describe('a true set', () => {
  test('proves each of its sentences, says what nobody signed for, and nothing is wrong with it', async () => {
    expect((await judge(good)).flatMap(({ notes }) => notes.filter(({ sort }) => sort === 'wrong'))).toEqual([]);
    expect(await notesOf(good, 'presentation', 'proven')).toEqual([
      expect.stringMatching(
        /^countersign-test issued check check-\w+ of 6.45 EUR to seller-mill, ordered by buyer-ada at terminal terminal-ada\.$/,
      ),
      expect.stringMatching(
        new RegExp(
          `^seller-mill received the presentation of ${order.id} from buyer-ada at \\S+Z and promised distribution\\.$`,
        ),
      ),
      'seller-mill signed the instruction to distributor-swift: exactly the goods and the address of the presentation.',
    ]);
    expect(await notesOf(good, 'instruction', 'proven')).toEqual([
      'seller-mill signed the instruction to distributor-swift: exactly the goods and the address of the presentation.',
      expect.stringContaining(`and fixed the delivery for ${wednesdayNoon()}.`),
    ]);
    expect(await notesOf(good, 'payment_indicated', 'proven')).toEqual([
      expect.stringContaining('the payment indication of'),
    ]);
    expect(await notesOf(good, 'completed', 'proven')).toEqual([expect.stringContaining('from distributor-swift')]);
    expect(await notesOf(good, 'paid', 'proven')).toEqual([]);
    expect(await notesOf(good, 'paid', 'open')).toEqual(['seller-mill has not signed for it.']);
  });

  test('of a distributor proves what it can, and names the keys that are missing', async () => {
    const own = { ...good, data: [entryOf(good, 'instruction')] };
    expect(await notesOf(own, 'instruction', 'open')).toEqual([
      'Who signed the instruction cannot be said: give the keys of seller-mill (--keys).',
    ]);
    const pinned = new Map([['seller-mill', { keys: [mill.key.jwk] }]]);
    expect(await notesOf(own, 'instruction', 'proven', pinned)).toContain(
      'seller-mill signed the instruction to distributor-swift: goods and address.',
    );
  });

  test('of which a text is withheld proves nothing by that one', async () => {
    const findings = await judge(changed('completed', () => ({ message: null, receipt: null })));
    expect(findings.find(({ id }) => id.endsWith(':completed'))?.notes).toEqual([
      { sort: 'open', text: 'Its text is withheld or gone, so nothing can be said about it.' },
    ]);
  });
});

describe('keys that the reader brings count alone', () => {
  test.each([
    ['seller-mill', 'presentation', 'The receipt has a signature that does not fit.'],
    ['distributor-swift', 'instruction', 'The receipt has a signature that does not fit.'],
    ['countersign-test', 'completed', 'The message has a signature that does not fit.'],
  ])('%s', async (who, kind, said) => {
    const { keys } = good.office.jwks;
    const kid = who === 'countersign-test' ? String(keys[0]?.['kid']) : 'site-1';
    const stranger = new Map([[who, { keys: [(await signingPair(kid)).jwk] }]]);
    expect(await notesOf(good, kind, 'wrong', stranger)).toContain(said);
  });
});

/** The last letter but one: it holds no bits that a decoder passes over. */
const flipped = (jws: string | null): string => {
  const at = (jws ?? '').length - 3;
  return `${jws?.slice(0, at)}${jws?.charAt(at) === 'A' ? 'B' : 'A'}${jws?.slice(at + 1)}`;
};

describe('a set that was changed is found out', () => {
  test.each<[string, string, (entry: Entry) => Partial<Entry>, RegExp]>([
    ['another receiver', 'completed', () => ({ to: 'seller-forge' }), /another recipient/],
    ['another sender', 'completed', () => ({ from: 'buyer-bob' }), /another sender/],
    ['another kind', 'completed', () => ({ kind: 'ended' }), /another kind/],
    ['a changed message', 'completed', ({ message }) => ({ message: flipped(message) }), /The message has a signature/],
    ['a changed receipt', 'completed', ({ receipt }) => ({ receipt: flipped(receipt) }), /The receipt has a signature/],
    ['another verdict', 'presentation', () => ({ verdict: 'refused' }), /another verdict/],
    ['a verdict without receipt', 'completed', () => ({ receipt: null }), /a verdict without its receipt/],
    ['a receipt without verdict', 'completed', () => ({ verdict: null }), /another verdict/],
    ['the message of another', 'completed', () => ({ message: entryOf(good, 'presentation').message }), /another id/],
    [
      'the receipt of another',
      'completed',
      () => ({ receipt: entryOf(good, 'payment_indicated').receipt }),
      /is of another message/,
    ],
    [
      'a receipt where none was',
      'paid',
      () => ({ receipt: entryOf(good, 'completed').receipt, verdict: 'received' }),
      /is of another message/,
    ],
    [
      'the message as its receipt',
      'completed',
      ({ message }) => ({ receipt: message }),
      /not of the type party-receipt/,
    ],
    ['no text at all', 'completed', () => ({ message: 'delivered, honestly' }), /no compact JWS/],
  ])('%s', async (_what, kind, change, said) => {
    const notes = await judge(changed(kind, change));
    const wrong = notes.flatMap((finding) =>
      finding.notes.filter(({ sort }) => sort === 'wrong').map((note) => note.text),
    );
    expect(wrong.join('\n')).toMatch(said);
    expect(wrong).toHaveLength(1);
  });

  test('another key than the one that signed', async () => {
    const { x } = await exportJWK((await signingPair('site-1')).publicKey);
    const keys = { kty: 'OKP', crv: 'Ed25519', x: String(x), kid: 'site-1' } as const;
    const all = { ...good, data: good.data.map((one) => ({ ...one, keys: one.keys && keys })) };
    expect(await notesOf(all, 'completed', 'wrong')).toEqual(['The receipt has a signature that does not fit.']);
  });

  test('the office itself cannot make a receipt of a party, or a message of yesterday its own', async () => {
    const { message } = entryOf(good, 'completed');
    const { kid, key } = await office.keyRing.signingKey();
    const receipt = await signed(receiptClaims(message ?? '', 'received'), { typ: 'party-receipt+jwt', kid }, key);
    expect(
      await notesOf(
        changed('completed', () => ({ receipt })),
        'completed',
        'wrong',
      ),
    ).toEqual(['The receipt names no key that its signer publishes.']);
    expect(await notesOf({ ...good, office: { ...good.office, issuer: 'another' } }, 'completed', 'wrong')).toEqual([
      'The message was signed with another issuer than the set shows.',
    ]);
    expect(await notesOf({ ...good, office: { ...good.office, jwks: { keys: [] } } }, 'completed', 'wrong')).toEqual([
      'The message names no key that its signer publishes.',
    ]);
  });

  test('a message twice', async () => {
    const twice = { ...good, data: [...good.data, entryOf(good, 'completed')] };
    expect(await notesOf(twice, 'completed', 'wrong')).toEqual(['It stands in the set twice.']);
  });
});

describe('what an office that lies would have signed is found out, too', () => {
  /** The set with a message of other words, signed by the office as it is, and receipted by the party. */
  async function resigned(kind: string, change: (claims: Claims) => Claims): Promise<EvidenceSet> {
    const former = entryOf(good, kind);
    const { jws } = await office.signing.sign('party-message+jwt', change(claimsOf(former.message)));
    const site = former.to === 'seller-mill' ? mill : swift;
    const said = claimsOf(former.receipt ?? '');
    const receipt = await site.sign(
      { ...receiptClaims(jws, String(said['verdict']), said['body'] as Claims) },
      'party-receipt+jwt',
    );
    return changed(kind, () => ({ message: jws, receipt }));
  }
  const claimsOf = (jws: string | null): Claims =>
    JSON.parse(Buffer.from(jws?.split('.')[1] ?? '', 'base64url').toString());
  const withBody = (change: (body: Claims) => Claims) => (claims: Claims) => ({
    ...claims,
    body: change(claims['body'] as Claims),
  });

  test.each<[string, string, (claims: Claims) => Claims, RegExp]>([
    [
      'another charge',
      'presentation',
      withBody((body) => ({ ...body, charge: { ...CHARGE, amount: 1 } })),
      /charge is another one/,
    ],
    [
      'no check',
      'presentation',
      withBody((body) => ({ ...body, echeck: 'e30.e30.e30' })),
      /check that was presented is none/,
    ],
    [
      'other goods than the seller instructed',
      'presentation',
      withBody((body) => ({ ...body, lines: [{ sku: 'rye-1kg', quantity: 4 }] })),
      /names other goods/,
    ],
    [
      'another address',
      'presentation',
      withBody((body) => ({ ...body, deliverTo: { ...ADDRESS, street: 'x' } })),
      /names another address/,
    ],
    ['no body', 'presentation', withBody(() => ({})), /brings no presentation/],
    [
      'another amount',
      'payment_indicated',
      withBody((body) => ({ ...body, amount: { ...CHARGE, amount: 1 } })),
      /amount is another one/,
    ],
    [
      'another check',
      'payment_indicated',
      withBody((body) => ({ ...body, number: 'check-00000000000000000000000000' })),
      /no payment by the check/,
    ],
    [
      'an instruction that nobody signed',
      'instruction',
      withBody(() => ({ instruction: 'e30.e30.e30' })),
      /The instruction is no|The instruction /,
    ],
    ['no instruction', 'instruction', withBody(() => ({})), /brings no instruction/],
  ])('%s', async (_what, kind, change, said) => {
    const set = await resigned(kind, change);
    expect((await notesOf(set, kind, 'wrong')).join('\n')).toMatch(said);
    const reversed = { ...set, data: set.data.toReversed() };
    expect((await notesOf(reversed, kind, 'wrong')).join('\n')).toMatch(said);
  });
});

/** Runs the command as its user does: without a database, keys or network of the office. */
async function verify(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['cli/countersign.mjs', 'verify', 'evidence', ...args], {
    env: { PATH: process.env['PATH'] },
  });
  child.stdin.end(JSON.stringify(good));
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, output: output + errors };
}

describe('countersign verify evidence', () => {
  async function fileOf(content: unknown, name = 'set.json'): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  test('says of a set with its own keys that it only fits together, and whose word the keys are: 0', async () => {
    const { code, output } = await verify(await fileOf(good));
    expect(output).toContain(`${order.id}:presentation\n  fits`);
    expect(output).not.toContain('  proven');
    expect(output).toContain('is not proven: anybody can make up such a set');
    expect(output).toContain('and promised distribution.');
    expect(output).toContain('open    seller-mill has not signed for it.');
    expect(output).toMatch(
      /seller-mill: judged by the key that the set itself shows \([\w-]{43}\); .*--keys seller-mill=FILE/,
    );
    expect(code).toBe(0);
  });

  test('prints what is proven by the keys that its reader knows', async () => {
    const mills = `seller-mill=${await fileOf({ keys: [mill.key.jwk] }, 'mill.json')}`;
    const offices = `countersign-test=${await fileOf(good.office.jwks, 'office.json')}`;
    const { output } = await verify(await fileOf(good), '--keys', mills, '--keys', offices);
    expect(output).toMatch(/proven {2}seller-mill received the presentation/);
    expect(output).toMatch(/fits {4}distributor-swift received the distributing instruction/);
    const swifts = `distributor-swift=${await fileOf({ keys: [swift.key.jwk] }, 'swift.json')}`;
    const all = await verify(await fileOf(good), '--keys', mills, '--keys', offices, '--keys', swifts);
    expect(all.output).not.toMatch(/fits/);
    expect(all.output).toContain('Whether messages were left out');
  });

  test('takes keys without names, of which a party had several', async () => {
    const receipts = await Promise.all(
      good.data.map(async (one): Promise<Entry> => {
        if (one.to !== 'seller-mill' || !one.receipt) return one;
        const { privateKey, jwk } = await signingPair('');
        const claims: Claims = JSON.parse(Buffer.from(one.receipt.split('.')[1] ?? '', 'base64url').toString());
        const receipt = await signed(claims, { typ: 'party-receipt+jwt' }, privateKey);
        return { ...one, receipt, keys: { kty: 'OKP', crv: 'Ed25519', x: String(jwk.x) } };
      }),
    );
    expect(await notesOf({ ...good, data: receipts }, 'completed', 'wrong')).toEqual([]);
  });

  test('with keys of one own, and as JSON from standard input', async () => {
    const keys = await fileOf({ keys: [mill.key.jwk] }, 'mill.json');
    const { code, output } = await verify('-', '--json', '--keys', `seller-mill=${keys}`);
    const { good: isGood, findings, trust } = JSON.parse(output);
    expect({ code, isGood, count: findings.length }).toEqual({ code: 0, isGood: true, count: 5 });
    expect(trust).toContain('seller-mill: judged by the keys that you gave.');
  });

  test('of a set that was changed: 1, and what is wrong', async () => {
    const set = changed('completed', ({ receipt }) => ({ receipt: flipped(receipt) }));
    const { code, output } = await verify(await fileOf(set));
    expect(output).toContain('WRONG   The receipt has a signature that does not fit.');
    expect(code).toBe(1);
  });

  test.each([
    ['no JSON', 'not JSON'],
    ['something else', { data: [{ id: 1 }] }],
    ['nothing', { data: [], office: { issuer: 'x', jwks: { keys: [] } } }],
    ['a name that would move the cursor', { data: [], office: { issuer: '\u001B[2J', jwks: { keys: [] } } }],
  ])('of %s: 2', async (_what, content) => {
    const { code, output } = await verify(await fileOf(content));
    expect(output).toMatch(/^Cannot tell: /);
    expect(code).toBe(2);
  });

  test('with wrong usage: 2', async () => {
    expect(await verify(await fileOf(good), '--keys', 'seller-mill')).toMatchObject({ code: 2 });
    expect(await verify(join(folder, 'not-there.json'))).toMatchObject({ code: 2 });
  });
});
