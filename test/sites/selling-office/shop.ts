import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { pino } from 'pino';
import type { MessageBodies } from '../../../client/site.ts';
import { Commodity } from '../../../sites/selling-office/entities/commodity.entity.ts';
import { Errand } from '../../../sites/selling-office/entities/errand.entity.ts';
import { Message } from '../../../sites/selling-office/entities/message.entity.ts';
import { Order } from '../../../sites/selling-office/entities/order.entity.ts';
import { startSellingOffice, type SellingOffice } from '../../../sites/selling-office/server.ts';
import { parseSettings } from '../../../sites/selling-office/settings.ts';
import { startOfficeDouble, type OfficeDouble } from '../../support/office-double.ts';
import { siteDatabase, type SiteDatabase } from '../../support/site-database.ts';

export const SHOP = 'seller-loom';
export const ADDRESS = { name: 'Ada', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' };

/** A shop with a database of its own, and a double of the check office. */
export interface TestShop {
  readonly office: OfficeDouble;
  readonly database: SiteDatabase;
  readonly folder: string;
  shop: SellingOffice;
  /** Ends the shop and starts it again on the same database and key. */
  restart(env?: NodeJS.ProcessEnv): Promise<void>;
  close(): Promise<void>;
}

export async function startTestShop(env: NodeJS.ProcessEnv = {}): Promise<TestShop> {
  const office = await startOfficeDouble();
  office.answers.set('POST /v1/echecks/validation', () => ({
    status: 200,
    body: { valid: true, status: 'presented' },
  }));
  office.answers.set('PATCH /v1/registry/self', (body) => ({ status: 200, body }));
  const database = await siteDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'loom-'));
  const start = (other: NodeJS.ProcessEnv) =>
    startSellingOffice(
      parseSettings({
        SITE_PORT: '0',
        SITE_DATABASE_URL: database.url,
        SITE_KEY_FILE: join(folder, 'key.json'),
        SITE_PARTY_ID: SHOP,
        OFFICE_URL: office.url,
        OFFICE_API_KEY: 'csk_test',
        ...other,
      }),
      { logger: pino({ level: 'silent' }), pauseMs: 20 },
    );
  const shop = await start(env).catch(async (error: unknown) => {
    await Promise.all([office.close(), database.close()]);
    throw error;
  });
  const test: TestShop = {
    office,
    database,
    folder,
    shop,
    async restart(other = env) {
      await test.shop.close();
      test.shop = await start(other);
    },
    async close() {
      await test.shop.close();
      await office.close();
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
  return test;
}

/** What is bought: 2 × linen and a blanket, as the demo goods have them. */
export const LINES = [
  { sku: 'linen-3m', quantity: 2 },
  { sku: 'wool-blanket', quantity: 1 },
];
export const CHARGE = { amount: 2 * 4_470 + 8_900, currency: 'EUR' };

export function newOrderId(): string {
  return `order-${randomBytes(13).toString('hex')}`;
}

export interface Presented {
  readonly orderId: string;
  readonly lines?: readonly { sku: string; quantity: number }[];
  readonly charge?: { amount: number; currency: string };
  /** What the check says otherwise. */
  readonly check?: object;
  /** What the message says otherwise. */
  readonly message?: object;
  readonly body?: object;
  /** Makes something else of the whole body. */
  readonly amend?: (body: PresentationBody) => Promise<object>;
}
type PresentationBody = MessageBodies['presentation'];

/** A presentation as the office sends it. */
export async function presentation(office: OfficeDouble, presented: Presented): Promise<string> {
  const { orderId, lines = LINES, charge = CHARGE, check, message, body, amend = async (same) => same } = presented;
  const now = Math.floor(Date.now() / 1000);
  const echeck = await office.sign(
    {
      iss: office.issuer,
      jti: orderId.replace('order', 'check'),
      aud: SHOP,
      iat: now,
      nbf: now,
      exp: now + 3600,
      order: orderId,
      terminal: { buyerId: 'buyer-ada', terminalId: 'till-1' },
      distributor: 'distributor-rail',
      charge,
      ...check,
    },
    { typ: 'echeck+jwt' },
  );
  return notice(office, {
    orderId,
    kind: 'presentation',
    body: await amend({ echeck, lines, deliverTo: ADDRESS, charge, ...body }),
    from: 'buyer-ada',
    ...message,
  });
}

/** Any message of the office to the shop. */
export function notice(
  office: OfficeDouble,
  { orderId, kind, body = {}, ...claims }: { orderId: string; kind: string; body?: object; from?: string },
): Promise<string> {
  return office.message({ aud: SHOP, sub: orderId, jti: `${orderId}:${kind}`, kind, body, ...claims });
}

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly receipt: JWTPayload;
}

/** Sends a message; a good answer's receipt is verified by the shop's published keys. */
export async function send({ shop }: TestShop, message: string): Promise<Answered> {
  const headers = { 'Content-Type': 'application/jose' };
  const response = await fetch(`${shop.url}/messages`, { method: 'POST', headers, body: message });
  const text = await response.text();
  if (response.status !== 200) return { status: response.status, text, receipt: {} };
  const { payload } = await jwtVerify(text, await keysOf(shop), { typ: 'party-receipt+jwt', issuer: SHOP });
  return { status: 200, text, receipt: payload };
}

export async function keysOf(shop: SellingOffice) {
  const response = await fetch(`${shop.url}/.well-known/jwks.json`);
  return createLocalJWKSet((await response.json()) as JSONWebKeySet);
}

const em = ({ shop }: TestShop) => shop.deps.orm.em.fork();
export const orderOf = (test: TestShop, id: string) => em(test).findOneOrFail(Order, { id });
export const errandOf = (test: TestShop, kind: Errand['kind'], subject: string) =>
  em(test).findOne(Errand, { kind, subject });
export const stockOf = (test: TestShop, sku: string) => em(test).findOneOrFail(Commodity, { sku });
export const messagesOf = (test: TestShop, orderId: string) =>
  em(test).find(Message, { orderId }, { orderBy: { receiptedAt: 'asc' } });
