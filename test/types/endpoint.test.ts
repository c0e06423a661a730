import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const EXPECTATION = /^\s*\/\/ @ts-expect-error (.*)$/;
/** As deep as this folder, so that the same imports lead to the same files; `npm run types` passes over `.data`. */
const folder = join(root, '.data', `types-${process.pid}`);

const lines = (await readFile(new URL('endpoint.ts', import.meta.url), 'utf8')).split('\n');
const expectations = lines.flatMap((line, at): [string, number][] => {
  const what = EXPECTATION.exec(line)?.[1];
  return what === undefined ? [] : [[what, at + 2]];
});
let refused: number[];

/** The compiler sees the same lines without their expectations: it must refuse what stands below each, and nothing else. */
beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'endpoint.ts'), lines.map((line) => line.replace(EXPECTATION, '//')).join('\n'));
  const settings = { extends: '../../tsconfig.json', include: ['endpoint.ts'], exclude: [] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const output = await compile();
  refused = [...output.matchAll(/^\S*endpoint\.ts\((\d+),\d+\): error/gm)].map(([, line]) => Number(line));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function compile(): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '--noEmit', '--pretty', 'false'], { cwd: folder }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

describe('does not compile', () => {
  test.each(expectations)('%s', (_what, line) => {
    expect(refused).toContain(line);
  });
});

test('and everything else does', () => {
  expect([...new Set(refused)]).toEqual(expectations.map(([, line]) => line));
});
