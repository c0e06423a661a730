import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/*
 * The worker runs the modules of the workflows once and shares them between all orders (workers/workflow-bundle.ts): a variable
 * of a module would leak from one order into another. Constants are what is left, and no collection that code could fill.
 */
const FOLDERS = ['workflows', 'domain'];
const VARIABLE = /^(?:export )?(?:let|var) /m;
const COLLECTION =
  /^(?:export )?const \w+(?:: [^=]+)? = (?:new (?:Map|Set|WeakMap|WeakSet)(?:<[^;]*>)?\(\)|\[\]|\{\});/m;

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

test.each(files)('%s keeps nothing between two orders', (file) => {
  const text = readFileSync(file, 'utf8');
  expect(text).not.toMatch(VARIABLE);
  expect(text).not.toMatch(COLLECTION);
});

test.each([
  'let count = 0;',
  'export var last;',
  'const seen = new Map<string, number>();',
  'const all: string[] = [];',
])('%s would be seen', (line) => {
  expect(VARIABLE.test(line) || COLLECTION.test(line)).toBe(true);
});
