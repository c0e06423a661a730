import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Builds the client as a package that others install (`npm pack` in `client/` calls it): JavaScript and declarations, as Node strips no
 * types below node_modules.
 */
const client = fileURLToPath(new URL('../client/', import.meta.url));
const dist = join(client, 'dist');
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(client, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
for (const file of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) leadToJavaScript(join(dist, file));

/** The compiler rewrites the imports of the code, but not those of the declarations. */
function leadToJavaScript(declarations: string): void {
  const text = readFileSync(declarations, 'utf8');
  writeFileSync(declarations, text.replaceAll(/( from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
}
