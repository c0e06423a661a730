// Sets up everything that `npm start` (argument `run`) and `npm test` (argument `test`) need; `packages`: only what is
// needed to run scripts. Plain JavaScript for
// Node 20 and without dependencies, because it runs before there are any. Does nothing, quickly, when all is there. Of
// several at once in one clone, one works and the others wait for it.
import { takeLock } from './setup/lock.mjs';
import { requireModernNode } from './setup/node-version.mjs';
import { installPackages } from './setup/packages.mjs';
import { SetupError } from './setup/progress.mjs';
import { installTemporal } from './setup/temporal.mjs';
import { installTestTools } from './setup/test-tools.mjs';
import { buildDesks } from './setup/desks.mjs';

const purpose = ['test', 'packages'].find((known) => known === process.argv[2]) ?? 'run';
try {
  await takeLock();
  await installPackages();
  requireModernNode();
  if (purpose !== 'packages') {
    await buildDesks();
    await installTemporal(purpose);
  }
  if (purpose === 'test') await installTestTools();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exit(1);
}
