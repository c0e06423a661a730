import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSettings } from '../../platform/settings.ts';
import { greeting } from '../../scripts/start/greeting.ts';
import { planSites } from '../../scripts/start/site-plan.ts';
import { chooseSitePorts } from '../../scripts/start/site-ports.ts';
import { runFolder } from '../support/run.ts';
import { freePort } from './support.ts';

let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(join(runFolder(), 'site-ports-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

const choose = (env: Record<string, string> = {}) => chooseSitePorts(parseSettings({ DATA_DIR: dataDir, ...env }));

describe('the ports of sites', () => {
  test('are free ones, two, and the same at the next start', async () => {
    const chosen = await choose();
    expect(new Set([...chosen['selling-office'], ...chosen['distributing-company']]).size).toBe(2);
    expect(await choose()).toEqual(chosen);
    expect(statSync(join(dataDir, 'sites', 'ports.json')).mode & 0o077).toBe(0);
  });

  test('are those of the settings, and the former ones stay known, the last first', async () => {
    const [first] = (await choose())['selling-office'];
    const wanted = await freePort();
    expect((await choose({ SELLING_OFFICE_PORT: wanted }))['selling-office']).toEqual([Number(wanted), first]);
    // Without the setting it stays where it was last.
    expect((await choose())['selling-office']).toEqual([Number(wanted), first]);
    expect((await choose({ SELLING_OFFICE_PORT: String(first) }))['selling-office']).toEqual([first, Number(wanted)]);
  });

  test('move when somebody else listens there, or another setting names them now', async () => {
    const before = await choose();
    const [taken] = before['selling-office'];
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve));
    const after = await choose();
    other.close();
    expect(after['selling-office']).toEqual([expect.any(Number), taken]);
    expect(after['selling-office'][0]).not.toBe(taken);
    expect(after['distributing-company']).toEqual(before['distributing-company']);
    const [second] = after['distributing-company'];
    expect((await choose({ PORT: String(second) }))['distributing-company'][0]).not.toBe(second);
  });

  test.each(['', '{', '[]', '{"selling-office":["a"]}'])(
    'are new ones where what was kept is no list: %j',
    async (text) => {
      await choose();
      writeFileSync(join(dataDir, 'sites', 'ports.json'), text);
      expect((await choose())['selling-office']).toEqual([expect.any(Number)]);
    },
  );
});

test('each site has an API key of its own, made once, for its owner alone', async () => {
  const settings = parseSettings({ DATA_DIR: dataDir });
  const sites = await planSites(settings);
  expect(sites.map(({ party }) => party)).toEqual(['seller-loom', 'distributor-rail']);
  expect(new Set(sites.map(({ apiKey }) => apiKey)).size).toBe(2);
  expect((await planSites(settings)).map(({ apiKey }) => apiKey)).toEqual(sites.map(({ apiKey }) => apiKey));
  for (const { folder, apiKey } of sites) {
    expect(readFileSync(join(folder, 'api-key'), 'utf8')).toBe(`${apiKey}\n`);
    expect(statSync(join(folder, 'api-key')).mode & 0o777).toBe(0o600);
    rmSync(join(folder, 'api-key'));
  }
  const anew = await planSites(settings);
  for (const [at, { apiKey }] of anew.entries()) expect(apiKey).not.toBe(sites[at]?.apiKey);
});

test('the greeting names a site that works by its address, and says of another that it is tried again', async () => {
  const settings = parseSettings({ DATA_DIR: dataDir, EMBEDDED: 'true' });
  const [seller, distributor] = await planSites(settings);
  if (!seller || !distributor) throw new Error('two sites are planned');
  const lines = greeting(settings, 1000, [
    { ...seller, up: true },
    { ...distributor, up: false },
  ]).split('\n');
  expect(lines).toContain(`  seller       ${seller.url} (seller-loom)`);
  expect(lines).toContain('  distributor  not up yet, tried again (distributor-rail)');
  expect(greeting(settings, 1000)).not.toMatch(/seller-loom|distributor-rail/);
});
