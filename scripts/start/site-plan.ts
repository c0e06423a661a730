import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApiKey } from '../../office/registry/index.ts';
import { DEMO_SITES } from '../../office/seed-data.ts';
import type { SiteRegistration, SiteRegistrations } from '../../office/seed-sites.ts';
import type { Settings } from '../../platform/settings.ts';
import { chooseSitePorts, type SiteName, type SitePorts } from './site-ports.ts';

/** One of the other parties' servers. It knows nothing of the office but what `siteEnvironment` says. */
export interface Site {
  readonly name: SiteName;
  readonly party: string;
  readonly port: number;
  readonly url: string;
  readonly formerUrls: readonly string[];
  /** The folder of its key, its API key and its login. */
  readonly folder: string;
  readonly apiKey: string;
}

/** `up`: whether it works, as far as that is known. */
export type StartedSite = Site & { readonly up: boolean };

/** What is decided of both sites before anything of them runs: ports and API keys, each kept for the next start. */
export async function planSites(settings: Settings): Promise<readonly Site[]> {
  const ports = await chooseSitePorts(settings);
  return [
    planSite('selling-office', DEMO_SITES.sellingOffice.id, settings, ports),
    planSite('distributing-company', DEMO_SITES.distributingCompany.id, settings, ports),
  ];
}

function planSite(name: SiteName, party: string, { dataDir }: Settings, ports: SitePorts): Site {
  const [port, ...former] = ports[name];
  const folder = join(dataDir, 'sites', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { name, party, port, url: urlOf(port), formerUrls: former.map(urlOf), folder, apiKey: keptApiKey(folder) };
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** What the office must know about the sites. */
export function registrationsOf(sites: readonly Site[]): SiteRegistrations | undefined {
  const of = (wanted: SiteName): SiteRegistration | undefined => sites.find(({ name }) => name === wanted);
  const [sellingOffice, distributingCompany] = [of('selling-office'), of('distributing-company')];
  return sellingOffice && distributingCompany ? { sellingOffice, distributingCompany } : undefined;
}

/** The file of its API key, in the folder of a site. */
export const API_KEY = 'api-key';

/** The site's API key, made once; in its file before the office knows it. */
function keptApiKey(folder: string): string {
  const file = join(folder, API_KEY);
  if (!existsSync(file)) {
    writeFileSync(`${file}.tmp`, `${newApiKey()}\n`, { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  }
  return readFileSync(file, 'utf8').trim();
}
