// Prints, as JSON, every mutant that Stryker's instrumenter makes of the files named as arguments. Plain JavaScript and a
// process of its own, because the package is installed beside the project's own packages, only where it is needed.
import { readFileSync } from 'node:fs';
import { Instrumenter } from '@stryker-mutator/instrumenter';

const silent = { debug() {}, info() {}, isDebugEnabled: () => false };
const files = process.argv.slice(2).map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') }));
const options = { plugins: null, ignorers: [], excludedMutations: [] };
const { mutants } = await new Instrumenter(silent).instrument(files, options);
process.stdout.write(JSON.stringify(mutants));
