import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { freePort, takenPorts } from '../../platform/embedded/ports.ts';
import type { Settings } from '../../platform/settings.ts';

export const SITE_NAMES = ['selling-office', 'distributing-company'] as const;
export type SiteName = (typeof SITE_NAMES)[number];

/** The port that a site has now, then those that it had before, the last first. */
export type SitePorts = Readonly<Record<SiteName, readonly [number, ...number[]]>>;

const ports = z.array(z.number().int()).default([]);
const keptPorts = z.object({ 'selling-office': ports, 'distributing-company': ports });
type KeptPorts = z.infer<typeof keptPorts>;

/** A registration that is older than so many changes of port has to be put right by hand. */
const MOST_KEPT = 100;

/**
 * The ports of the sites: those of the settings, else those used last when they are free, else any free ones. All that they ever had are
 * kept beside their data, before anybody learns of them: by those the office tells its own sites from a server that somebody else has registered.
 */
export async function chooseSitePorts(settings: Settings): Promise<SitePorts> {
  const file = join(settings.dataDir, 'sites', 'ports.json');
  const kept = read(file);
  const reserved = [settings.port, settings.temporalPort, settings.temporalUiPort, ...wantedSitePorts(settings)];
  const sellingOffice = await choose(settings.sellingOfficePort, kept['selling-office'], reserved);
  const distributingCompany = await choose(settings.distributingCompanyPort, kept['distributing-company'], [
    ...reserved,
    sellingOffice[0],
  ]);
  const chosen = { 'selling-office': sellingOffice, 'distributing-company': distributingCompany };
  write(file, chosen);
  return chosen;
}

/** The ports that the settings name for sites. */
function wantedSitePorts({ sellingOfficePort, distributingCompanyPort }: Settings): number[] {
  return [sellingOfficePort, distributingCompanyPort].filter((port) => port !== undefined);
}

async function choose(
  wanted: number | undefined,
  kept: readonly number[],
  reserved: readonly number[],
): Promise<[number, ...number[]]> {
  const [last] = kept;
  const port = wanted ?? (last !== undefined && (await isFree(last, reserved)) ? last : await freePort(reserved));
  return [port, ...kept.filter((former) => former !== port).slice(0, MOST_KEPT)];
}

async function isFree(port: number, reserved: readonly number[]): Promise<boolean> {
  if (reserved.includes(port)) return false;
  return (await takenPorts([{ port, setting: 'port', host: '127.0.0.1' }])).length === 0;
}

/** A file that cannot be read is as none: the sites get new ports. */
function read(file: string): KeptPorts {
  try {
    if (existsSync(file)) return keptPorts.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {}
  return { 'selling-office': [], 'distributing-company': [] };
}

function write(file: string, chosen: SitePorts): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.tmp`, JSON.stringify(chosen), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}
