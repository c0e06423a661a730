import { randomBytes } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newApiKey } from '../../office/registry/index.ts';
import { DEMO_SITES } from '../../office/seed-data.ts';
import type { SiteRegistrations } from '../../office/seed-sites.ts';
import { spawnServer } from '../../platform/embedded/spawn-server.ts';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { makeSiteDatabase } from '../../platform/logins/site-database.ts';
import type { ChaosClient } from './client.ts';
import type { SitePart } from './plan.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A party's own server of the run: where it is, what it is registered with, and how its process is started. */
export interface ChaosSite {
  readonly part: SitePart;
  readonly url: string;
  readonly apiKey: string;
  /** Its own database, as itself. */
  readonly databaseUrl: string;
  readonly start: (apiUrl: string) => Promise<ChildProcess>;
}

/** The goods of the selling office that orders of the run ask for. */
export const SITE_GOODS = 'thread-1kg';
/** How long the demo driver is on its way: some orders are cancelled before, some too late. */
const DRIVE_SECONDS = 2;
const START_TIMEOUT_MS = 120_000;

const PROGRAMS = {
  'selling office': { folder: 'selling-office', party: DEMO_SITES.sellingOffice.id },
  'distributing company': { folder: 'distributing-company', party: DEMO_SITES.distributingCompany.id },
} as const satisfies Record<SitePart, object>;

/** Makes a site's database on the run's server, and its folder. */
export async function planSite(
  part: SitePart,
  { folder, ownerUrl, port }: { readonly folder: string; readonly ownerUrl: string; readonly port: number },
): Promise<ChaosSite> {
  const { folder: program, party } = PROGRAMS[part];
  const own = join(folder, 'sites', program);
  mkdirSync(own, { recursive: true });
  const user = program.replaceAll('-', '_');
  const url = new URL(withLogin(ownerUrl, { user, password: randomBytes(12).toString('hex') }));
  url.pathname = `/${user}`;
  await makeSiteDatabase({ url: ownerUrl, setting: 'DATABASE_OWNER_URL' }, url.href);
  const apiKey = newApiKey();
  const env = {
    PATH: process.env['PATH'],
    LOG_LEVEL: 'warn',
    SITE_PORT: String(port),
    SITE_PARTY_ID: party,
    SITE_DATABASE_URL: url.href,
    SITE_KEY_FILE: join(own, 'key.jwk.json'),
    OFFICE_API_KEY: apiKey,
    DEMO_DRIVE_SECONDS: String(DRIVE_SECONDS),
  };
  const command = { file: process.execPath, args: [join(PROJECT, 'sites', program, 'main.ts')] };
  return {
    part,
    url: `http://127.0.0.1:${port}`,
    apiKey,
    databaseUrl: url.href,
    start: async (apiUrl) => {
      const logFile = join(folder, `${program}.log`);
      const child = spawnServer(command, { logFile, env: { ...env, OFFICE_URL: apiUrl }, channel: true });
      const signal = AbortSignal.timeout(START_TIMEOUT_MS);
      const [first] = await Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal })]);
      if (first === 'ready') return child;
      child.kill('SIGKILL');
      throw new Error(`the ${part} did not start`);
    },
  };
}

/** What the office is to know of both. */
export function registrationsOf(sites: readonly ChaosSite[]): SiteRegistrations {
  const of = (wanted: SitePart) => {
    const site = sites.find(({ part }) => part === wanted);
    if (!site) throw new Error(`there is no ${wanted}`);
    return { url: site.url, formerUrls: [], apiKey: site.apiKey };
  };
  return { sellingOffice: of('selling office'), distributingCompany: of('distributing company') };
}

/** The selling office offers what it has by itself, once it runs: orders before that ask for what is not known. */
export async function untilOffered(client: ChaosClient): Promise<void> {
  for (let attempt = 0; attempt < 960; attempt += 1) {
    const { body } = await client.ask('buyer-ada', 'GET', `/v1/sellers/${DEMO_SITES.sellingOffice.id}/commodities`);
    if (body?.data?.some(({ sku }: { sku: string }) => sku === SITE_GOODS)) return;
    await sleep(250);
  }
  throw new Error('the selling office offers nothing');
}
