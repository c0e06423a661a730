import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/* `npm run mutation`: docs/mutation.md. */

const PARTS = ['domain', 'activities', 'workflows', 'migrations'];
const USAGE = `npm run mutation [-- ${PARTS.join(' | ')} [--count N] [--seed S] [--only TEXT] [--again]]`;

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const STRYKER = [
  'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js',
  'run',
  'test/mutation/domain.config.json',
];

const [part, ...options] = process.argv.slice(2);
if (part !== undefined && !PARTS.includes(part)) {
  console.log(USAGE);
  process.exit(part === '--help' ? 0 : 2);
}
for (const name of part ? [part] : PARTS) {
  console.log(`\n${name}`);
  const { status } = run(name === 'domain' ? STRYKER : ['test/mutation/sample.ts', name, ...options]);
  if (status !== 0) process.exit(status ?? 1);
}

/** At a low priority: nobody waits for it. */
function run(args: readonly string[]) {
  return spawnSync('nice', ['-n', '10', process.execPath, ...args], { cwd: PROJECT, stdio: 'inherit' });
}
