import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/arrows.ts';
import { PHASES, walkOrders, type Walk } from '../support/walk.ts';

/* docs/walk.md names every file that an order passes; what API and worker run must be the same. */

let walk: Walk;
beforeAll(async () => {
  walk = await walkOrders();
  // For `npm run walk`, which shows it.
  if (process.env['SHOW_WALK'] === 'true') console.log(JSON.stringify(walk, undefined, 1));
});

/** What ends late, such as the metrics of a request, may be counted in the part that follows. */
test.each([...PHASES.entries()])('part %i of the walk, the %s, passes the files of docs/walk.md', (part, phase) => {
  const named = parts();
  const files = named[part] ?? [];
  const next = PHASES[part + 1];
  expect(files).toHaveLength(new Set(files).size);
  const expected = new Set([...files, ...(named[part - 1] ?? []), ...byClock()]);
  expect(walk[phase].filter((file) => !expected.has(file))).toEqual([]);
  const passed = new Set([...walk[phase], ...(next ? walk[next] : []), ...byClock()]);
  expect(files.filter((file) => !passed.has(file))).toEqual([]);
});

test('the table of docs/walk.md counts what the page names', () => {
  const counts = [...page().matchAll(/^\| .* \| \d+ \| (\d+) \| -?\d+ % \|$/gm)].map(([, now]) => Number(now));
  const [demand = [], promise = [], ...later] = parts();
  const post = [...new Set([...demand, ...promise])];
  expect(counts).toEqual([demand, promise, ...later, post].map((files) => files.length));
});

function page(): string {
  return readFileSync(join(ROOT, 'docs/walk.md'), 'utf8');
}

/** The files that each part of the page names, in its order. */
function parts(): string[][] {
  const [, ...sections] = page().split(/^## /m);
  return sections.map((section) => [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file));
}

/** Files that run by the clock, so in some walks only. */
function byClock(): string[] {
  return [...page().matchAll(/^\d+\. `([^`]+)` \*/gm)].map(([, file = '']) => file);
}
