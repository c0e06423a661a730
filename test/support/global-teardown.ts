import { removeRun } from './global-setup.ts';
import { runFolder } from './run.ts';
import { stopTestServers } from './servers.ts';

/** Ends the servers of the run and removes its folder. */
export default async function globalTeardown(): Promise<void> {
  await stopTestServers();
  await removeRun(runFolder());
}
