import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../platform/embedded/ports.ts';
import { reads, tokensOf, type Parties } from './reads.ts';

/** A check office with both sites beside it, on this machine. */
export interface DemoOffice {
  readonly url: string;
  readonly parties: Parties;
  /** What its seller's server reads the office with; `undefined` where its folder is not known. */
  readonly sellersKey: string | undefined;
  /** It runs for this demo alone. */
  readonly isOwn: boolean;
  /** Where the Temporal UI shows it; `undefined` of another one's. */
  readonly temporalUi: string | undefined;
  /** Ends it, when it is the demo's own, and removes its folder. */
  end(): Promise<void>;
}

/** How long a first start may take: it makes databases and a Temporal server. */
const START_MS = 300_000;

/** The office that runs here already, with its sites; else one of the demo's own, on free ports and in a folder of its own. */
export async function findOrStart(say: (line: string) => void): Promise<DemoOffice> {
  const url = process.env['COUNTERSIGN_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '3000'}`;
  const parties = await partiesAt(url);
  if (parties) {
    const dataDir = process.env['DATA_DIR'] ?? '.data';
    const temporalUi = `http://127.0.0.1:${process.env['TEMPORAL_UI_PORT'] ?? '8233'}`;
    return { url, parties, sellersKey: keyIn(dataDir), isOwn: false, temporalUi, end: async () => undefined };
  }
  say('No office with its sites runs here: starting one for this demo alone. That takes half a minute.');
  return startOwn();
}

/** `undefined`: nobody answers there, it gives no demo tokens, or it has no sites. */
async function partiesAt(url: string): Promise<Parties | undefined> {
  try {
    const tokens = await tokensOf(url);
    return await reads(url, tokens).parties();
  } catch {
    return undefined;
  }
}

async function startOwn(): Promise<DemoOffice> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  const api = await freePort();
  const temporal = await freePort([api]);
  const temporalUi = await freePort([api, temporal]);
  const settings = {
    PORT: String(api),
    TEMPORAL_PORT: String(temporal),
    TEMPORAL_UI_PORT: String(temporalUi),
    DATA_DIR: folder,
    SITES: 'on',
    DEMO_DRIVE_SECONDS: process.env['DEMO_DRIVE_SECONDS'] ?? '2',
  };
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    env: { ...ofEveryProgram(), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = async (): Promise<void> => {
    await stopped(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    await readyOrThrow(child);
    const url = `http://127.0.0.1:${api}`;
    const parties = await sitesUp(url);
    return { url, parties, sellersKey: keyIn(folder), isOwn: true, temporalUi: `http://127.0.0.1:${temporalUi}`, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** None of the settings of a service that runs beside it. */
function ofEveryProgram(): NodeJS.ProcessEnv {
  return Object.fromEntries(['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'].map((name) => [name, process.env[name]]));
}

async function readyOrThrow(child: ChildProcess): Promise<void> {
  let said = '';
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Countersign is ready')) resolve();
      });
  });
  const ended = once(child, 'close').then(() => 'ended');
  const late = AbortSignal.timeout(START_MS);
  const outcome = await Promise.race([ready, ended, once(late, 'abort').then(() => 'late')]);
  if (outcome === undefined) return;
  throw new Error(`The office did not start (${outcome}):\n${said.trim().split('\n').slice(-8).join('\n')}`);
}

/** The sites may be up a moment after the office. */
async function sitesUp(url: string): Promise<Parties> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline;) {
    const parties = await partiesAt(url);
    if (parties) return parties;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('The office started without its sites: npm start says why.');
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

function keyIn(dataDir: string): string | undefined {
  const file = join(dataDir, 'sites', 'selling-office', 'api-key');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
