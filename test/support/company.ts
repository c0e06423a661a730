import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify, createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startCompany, type DistributingCompany, type Options } from '../../sites/distributing-company/server.ts';
import type { Settings } from '../../sites/distributing-company/settings.ts';
import { startOfficeDouble, type OfficeDouble } from './office-double.ts';
import { runFolder } from './run.ts';
import { siteDatabase } from './site-database.ts';
import { PATIENCE_MS } from './until.ts';

export const COMPANY = 'distributor-rail';
const SELLER = 'seller-loom';
const MADE_AT = Math.floor(Date.now() / 1000);

/** An empty database on the run's real server. */
export async function emptyDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const database = await siteDatabase();
  return { url: database.url, drop: () => database.close() };
}

/** The distributing company, its database and a double of the check office. */
export interface CompanyUnderTest {
  readonly office: OfficeDouble;
  readonly settings: Settings;
  readonly company: DistributingCompany;
  /** Sends a message as the office does, and verifies the receipt; the same `id` is the same message. */
  send(kind: string, body: object, message?: MessageChange): Promise<Sent>;
  instruct(goods?: Goods): Promise<Sent>;
  /** Ends the company as Ctrl-C does, and starts it anew. */
  restart(change?: Partial<Settings>): Promise<void>;
  close(): Promise<void>;
}

export interface Sent {
  readonly orderId: string;
  readonly verdict: string;
  // Tests read what the contract promises; a wrong shape fails where it is read.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly receipt: string;
  /** The message as it went out. */
  readonly jws: string;
}

export interface Goods {
  readonly orderId?: string;
  readonly weightGrams?: number;
  readonly quantity?: number;
  readonly country?: string;
  readonly handlingHours?: number;
  /** A seller's own instruction, instead of the one that these goods make. */
  readonly instruction?: string;
}

export async function companyUnderTest(
  change: Partial<Settings> = {},
  options: Options = {},
): Promise<CompanyUnderTest> {
  const [database, office] = await Promise.all([emptyDatabase(), startOfficeDouble()]);
  const settings: Settings = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: database.url,
    keyFile: join(mkdtempSync(join(runFolder(), 'company-')), 'key.json'),
    party: COMPANY,
    officeUrl: office.url,
    officeIssuer: office.issuer,
    apiKey: { key: 'key-of-the-company' },
    decide: 'auto',
    logLevel: process.env['TEST_LOG'] ?? 'silent',
    demoDriveSeconds: 0,
    ...change,
  };
  let company = await startCompany(settings, options);
  const messages = messagesOf(office);
  return {
    office,
    settings,
    get company() {
      return company;
    },
    send: (kind, body, message) => messages.send(company.url, kind, body, message),
    instruct: (goods) => messages.instruct(company.url, goods),
    async restart(settingsToo = {}) {
      await company.close();
      company = await startCompany({ ...settings, ...settingsToo }, options);
    },
    async close() {
      await company.close();
      await office.close();
      await database.drop();
    },
  };
}

interface MessageChange {
  readonly orderId?: string;
  readonly id?: string;
  readonly from?: string;
}

/** What the office sends to the company at that address. */
export function messagesOf(office: OfficeDouble) {
  const send = async (url: string, kind: string, body: object, change: MessageChange = {}): Promise<Sent> => {
    const { orderId = randomUUID(), id = `${orderId}:${kind}`, from = SELLER } = change;
    // The same bytes on every try, also seconds later.
    const jws = await office.message({ aud: COMPANY, sub: orderId, jti: id, iat: MADE_AT, kind, from, body });
    return { orderId, jws, ...(await deliver(url, jws)) };
  };
  return {
    send,
    instruct: async (url: string, goods: Goods = {}): Promise<Sent> => {
      const orderId = goods.orderId ?? randomUUID();
      const instruction = goods.instruction ?? (await instructionFor(orderId, goods));
      return send(url, 'instruction', { instruction }, { orderId });
    },
  };
}

/** Posts a message as it is; throws unless a good receipt comes back. */
export async function deliver(url: string, jws: string): Promise<Pick<Sent, 'verdict' | 'body' | 'receipt'>> {
  const response = await fetch(`${url}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/jose' },
    body: jws,
  });
  const receipt = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${receipt}`);
  const jwks = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`), { timeoutDuration: PATIENCE_MS });
  await compactVerify(receipt, jwks);
  const { verdict, body } = decodeJwt<{ verdict: string; body: unknown }>(receipt);
  return { verdict, body, receipt };
}

/** A seller's key, and what it signs with it. */
export async function makeSeller() {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'seller-1', alg: 'EdDSA' };
  return {
    jwks: { keys: [jwk] },
    instruct: (orderId: string, goods: Goods = {}, claims: object = {}) =>
      new SignJWT({ ...claimsOf(orderId, goods), ...claims })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'instruction+jwt', kid: 'seller-1' })
        .sign(privateKey),
  };
}

const seller = makeSeller();

async function instructionFor(orderId: string, goods: Goods): Promise<string> {
  return (await seller).instruct(orderId, goods);
}

function claimsOf(
  orderId: string,
  { weightGrams = 1_000, quantity = 1, country = 'DE', handlingHours }: Goods,
): Record<string, unknown> {
  return {
    iss: SELLER,
    aud: COMPANY,
    sub: orderId,
    lines: [
      { sku: 'linen', name: 'Linen', quantity, weightGrams, ...(handlingHours !== undefined && { handlingHours }) },
    ],
    deliverTo: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country },
  };
}
