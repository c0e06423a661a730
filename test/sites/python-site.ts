import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runFolder } from '../support/run.ts';

const PYTHON = fileURLToPath(new URL('../../.tools/venv/bin/python3', import.meta.url));
export const PYTHON_SITE = fileURLToPath(new URL('site.py', import.meta.url));

export interface PythonSite {
  readonly url: string;
  readonly party: string;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again, at the same address, with what it kept. */
  start(): Promise<void>;
}

export interface PythonSiteOptions {
  readonly party: string;
  readonly officeUrl: string;
  readonly issuer: string;
  readonly apiKey: string;
  /** Of a distributor: where its seller's keys are. */
  readonly sellerUrl?: string;
}

/** The site of docs/write-a-site.md as a process of its own. It ends with this one. */
export async function startPythonSite({
  party,
  officeUrl,
  issuer,
  apiKey,
  sellerUrl,
}: PythonSiteOptions): Promise<PythonSite> {
  const folder = mkdtempSync(join(runFolder(), 'python-site-'));
  const keyFile = join(folder, 'key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const env = {
    OFFICE_URL: officeUrl,
    OFFICE_ISSUER: issuer,
    OFFICE_API_KEY: apiKey,
    SITE_PARTY_ID: party,
    SITE_KEY_FILE: keyFile,
    SITE_DATABASE: join(folder, 'site.db'),
    ...(sellerUrl !== undefined && { SELLER_URL: sellerUrl }),
  };
  let running = await run(env);
  const { url } = running;
  const port = new URL(url).port;
  return {
    url,
    party,
    async kill() {
      running.child.kill('SIGKILL');
      await running.ended;
    },
    async start() {
      running = await run({ ...env, SITE_PORT: port });
    },
  };
}

async function run(env: Record<string, string>) {
  const child = spawn(PYTHON, [PYTHON_SITE], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout);
  const [url] = (await Promise.race([once(lines, 'line'), ended])) as [unknown];
  if (typeof url !== 'string') throw new Error(`the Python site did not start: ${String(url)}`);
  return { child, ended, url };
}
