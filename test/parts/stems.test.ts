import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../support/arrows.ts';

/* A step has one stem in every folder: activities/, workflows/ and test/. */

const index = readFileSync(join(ROOT, 'activities/index.ts'), 'utf8');
const stems = [...index.matchAll(/import \{ create\w+Steps \} from '\.\/([a-z-]+)\.ts'/g)].map(([, stem = '']) => stem);

/** The stems of a folder's files with that ending, folders within it included. */
function stemsIn(folder: string, ending: string): Set<string> {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return new Set(files.filter((file) => file.endsWith(ending)).map((file) => basename(file, ending)));
}

test('there are steps', () => expect(stems.length).toBeGreaterThan(5));

test.each([
  ['workflows', '.ts'],
  ['test', '.test.ts'],
])('each step of activities/ has its stem in %s', (folder, ending) => {
  const known = stemsIn(folder, ending);
  expect(stems.filter((stem) => !known.has(stem))).toEqual([]);
});
