import { enableCompileCache } from 'node:module';
import { leaveInstance, takeInstance } from '../platform/embedded/instance-lock.ts';
import { takenPorts } from '../platform/embedded/ports.ts';
import { parseSettings, settingsOrExit, type Settings } from '../platform/settings.ts';
import { compileCache } from './start/compile-cache.ts';
import { greeting } from './start/greeting.ts';
import { Shutdown } from './start/shutdown.ts';
import type { StartedSite } from './start/site-plan.ts';
import { wantedPorts } from './start/wanted-ports.ts';

/**
 * `npm start`: the whole service on one machine. Database and Temporal come first, unless the settings name others, then
 * worker and API; every part is started again when it ends. Ctrl-C or SIGTERM ends them in the opposite order.
 */
async function main(): Promise<void> {
  const began = Date.now();
  // State, logs and keys are nobody else's to read.
  process.umask(0o077);
  const settings = settingsOrExit(() => parseSettings({ ...process.env, EMBEDDED: process.env['EMBEDDED'] || 'true' }));
  const shutdown = new Shutdown();
  const other = settingsOrExit(() => takeInstance(settings.dataDir));
  if (other !== undefined) {
    giveUp([
      `countersign already runs on ${settings.dataDir} (process ${other}): stop it, or set DATA_DIR to another folder`,
    ]);
  }
  shutdown.last(() => leaveInstance(settings.dataDir));
  try {
    const sites = await begin(settings, shutdown);
    if (!shutdown.began) console.log(greeting(settings, Date.now() - began, sites));
  } catch (error) {
    if (!shutdown.began) console.error(error instanceof Error ? error.message : String(error));
    await shutdown.run(1);
  }
}

async function begin(settings: Settings, shutdown: Shutdown): Promise<readonly StartedSite[]> {
  // Loaded only now, so that a wrong setting is named at once; what was compiled once is kept for the next start.
  enableCompileCache(compileCache(settings));
  const [{ endOrphans }, { startParts }] = await Promise.all([
    import('./start/orphans.ts'),
    import('./start/parts.ts'),
  ]);
  await endOrphans(settings.dataDir);
  const taken = await takenPorts(wantedPorts(settings));
  if (taken.length > 0) throw new Error(taken.join('\n'));
  return startParts(settings, shutdown);
}

function giveUp(lines: readonly string[]): never {
  console.error(lines.join('\n'));
  process.exit(1);
}

void main();
