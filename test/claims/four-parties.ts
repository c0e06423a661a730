import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { Answer } from '../api/support.ts';
import { startReferenceSite, type ReferenceSite } from '../support/reference-sites.ts';
import { runFolder } from '../support/run.ts';
import { runTerminal } from '../support/terminal-program.ts';
import { keysAt, messagesOf, type Sent } from './network.ts';
import { claimService, type ClaimService, type TimelineEvent } from './support.ts';

/* A check office, and a terminal, a selling office and a distributing company as programs of their own. */

export const ISSUER = 'countersign-test';
export const SELLER = 'seller-loom';
export const DISTRIBUTOR = 'distributor-rail';
export const BUYER = 'buyer-ada';
export const ADDRESS = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
export const LINES = [{ sku: 'linen-3m', quantity: 2 }];
const COUNTERSIGN = fileURLToPath(new URL('../../cli/countersign.mjs', import.meta.url));

export interface FourParties {
  readonly service: ClaimService;
  readonly seller: ReferenceSite;
  readonly distributor: ReferenceSite;
  /** Where the terminal keeps its key. */
  readonly keyFile: string;
  /** Has the terminal buy, with further options, and waits until everybody has done their part. */
  wholeOrder(...options: string[]): Promise<WholeOrder>;
  /** Judges an order's messages offline, with everybody's own keys: exit code and what it prints. */
  judgeEvidence(orderId: string): Promise<{ status: number | null; stdout: string }>;
  close(): Promise<void>;
}

/** An order from the demand to its end, and all that was said of it. */
export interface WholeOrder {
  readonly id: string;
  readonly order: Answer['body'];
  readonly timeline: readonly TimelineEvent[];
  readonly messages: readonly Sent[];
}

export async function fourParties(): Promise<FourParties> {
  const service = await claimService();
  const seller = await startReferenceSite(service, 'seller', SELLER, { issuer: ISSUER });
  const env = { DEMO_DRIVE_SECONDS: '1' };
  const distributor = await startReferenceSite(service, 'distributor', DISTRIBUTOR, { issuer: ISSUER, env });
  const keyFile = join(mkdtempSync(join(runFolder(), 'terminal-')), 'key.json');
  return {
    service,
    seller,
    distributor,
    keyFile,
    async wholeOrder(...options) {
      const buy = runTerminal({ url: service.url, keyFile }, [...BUY, ...options]);
      expect({ code: await buy.ended(), said: buy.said() }).toMatchObject({ code: 0 });
      const id = String(buy.steps().find(({ step }) => step === 'ordered')?.['orderId']);
      const { body: order } = await service.ask('GET', `/v1/orders/${id}`, { as: BUYER });
      expect(order).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
      const messages = await messagesOf(service, id, [seller, distributor]);
      return { id, order, timeline: await service.timeline(id), messages };
    },
    async judgeEvidence(id) {
      const { body } = await service.ask('GET', `/v1/orders/${id}/messages`, { as: 'operator-olga' });
      const folder = mkdtempSync(join(runFolder(), 'evidence-'));
      const keep = (name: string, content: unknown): string => {
        writeFileSync(join(folder, name), JSON.stringify(content));
        return join(folder, name);
      };
      const signers = [{ party: ISSUER, url: service.url }, seller, distributor];
      const keys = signers.map(async ({ party, url }) => ['--keys', `${party}=${keep(party, await keysAt(url))}`]);
      const args = [
        COUNTERSIGN,
        'verify',
        'evidence',
        keep('messages.json', body),
        ...(await Promise.all(keys)).flat(),
      ];
      return spawnSync(process.execPath, args, { encoding: 'utf8' });
    },
    async close() {
      await Promise.all([seller.close(), distributor.close()]);
      await service.close();
    },
  };
}

const { name, street, city, postalCode, country } = ADDRESS;
const WHAT = ['--seller', SELLER, '--distributor', DISTRIBUTOR, '--line', 'linen-3m=2', '--name', name];
const WHERE = ['--street', street, '--city', city, '--postal-code', postalCode, '--country', country];
const BUY = ['buy', '--json', '--issuer', ISSUER, ...WHAT, ...WHERE];
