import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/* `npm run mutation [-- domain | activities | workflows [--count N] [--seed S] [--only TEXT]]`: docs/mutation.md. */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const STRYKER = [
  'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js',
  'run',
  'test/mutation/domain.config.json',
];

const [ring, ...options] = process.argv.slice(2);
for (const name of ring ? [ring] : ['domain', 'activities', 'workflows']) {
  console.log(`\n${name}`);
  const { status } = run(name === 'domain' ? STRYKER : ['test/mutation/sample.ts', name, ...options]);
  if (status !== 0) process.exit(status ?? 1);
}

/** At a low priority: nobody waits for it. */
function run(args: readonly string[]) {
  return spawnSync('nice', ['-n', '10', process.execPath, ...args], { cwd: PROJECT, stdio: 'inherit' });
}
