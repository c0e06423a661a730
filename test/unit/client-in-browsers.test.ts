import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isCanonical, sha256 } from '../../client/base64url.ts';
import { createCountersignClient } from '../../client/index.ts';
import { newTerminalKey, signPresentation } from '../../client/presentation.ts';
import { isSameJson } from '../../client/same-json.ts';
import { openPresentation } from '../../office/checks/presentation.ts';
import { digestOf } from '../support/terminal.ts';

/* The parts of the client that a browser runs: nothing of Node in them, and the same results. */

const BROWSER_PARTS = ['index', 'echeck', 'instruction', 'office', 'party-messages', 'presentation', 'status-list'];
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, '.data', `browser-${process.pid}`);

beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a browser', () => {
  test('can load them: they lead to no built-in of Node and to no part that has one', async () => {
    const found = await reached(BROWSER_PARTS.map((part) => `${part}.ts`));
    expect([...found.packages].toSorted()).toEqual(['jose', 'openapi-fetch']);
    expect([...found.files].filter((file) => NODE_PARTS.test(file))).toEqual([]);
  });

  test('has every type and global that they use', async () => {
    const uses = BROWSER_PARTS.map((part, at) => `export * as part${at} from '../../client/${part}.ts';`);
    await writeFile(join(folder, 'uses.ts'), uses.join('\n'));
    const compilerOptions = { lib: ['es2024', 'dom', 'dom.iterable'], types: [], noEmit: true };
    const settings = { extends: '../../tsconfig.json', compilerOptions, files: ['uses.ts'], include: [] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    expect(await compile()).toBe('');
  });
});

const NODE_PARTS = /^(site|own-machine|terminal-key-file)/;

/** All files of the client that these import, for their values, and all packages. */
async function reached(from: readonly string[]): Promise<{ files: Set<string>; packages: Set<string> }> {
  const [files, packages] = [new Set(from), new Set<string>()];
  for (const file of files) {
    const source = await readFile(join(root, 'client', file), 'utf8');
    for (const [, what = ''] of source.matchAll(/^(?:import|export)(?! type)[^;]*? from '([^']+)'/gm))
      if (what.startsWith('.')) files.add(basename(what));
      else packages.add(what);
  }
  return { files, packages };
}

function compile(): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '--pretty', 'false'], { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
}

describe('as Node has it', () => {
  test('a text is canonical when decoding and encoding gives it again', async () => {
    const byNode = (jws: string): boolean =>
      jws.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
    const texts = fc.oneof(
      fc.stringMatching(/^[ABYZabyz0189\-_+/=. \né]*$/),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
    );
    fc.assert(
      fc.property(texts, (text) => expect(isCanonical(text)).toBe(byNode(text))),
      { numRuns: 2_000 },
    );
  });

  test('two values are the same JSON when they are deeply equal', () => {
    const close = fc
      .jsonValue({ maxDepth: 2 })
      .chain((value) => fc.tuple(fc.constant(value), fc.jsonValue({ maxDepth: 2 })));
    const keys = fc.constantFrom('a', 'b', '__proto__', 'length');
    const small = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, true, 0, 1, '', 'a'),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 2 }),
      ),
    })).value;
    const pairs = fc.oneof(close, fc.tuple(small, small));
    fc.assert(
      fc.property(pairs, (pair) => {
        const [one, other] = JSON.parse(JSON.stringify(pair)) as [unknown, unknown];
        expect(isSameJson(one, other)).toBe(isDeepStrictEqual(one, other));
        expect(isSameJson(one, JSON.parse(JSON.stringify(one)))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a digest is the SHA-256 of the text', async () => {
    expect(await sha256('a.b.ü')).toBe(digestOf('a.b.ü'));
  });
});

describe('a terminal key that was made here', () => {
  test('cannot be read out, is kept as it is, and signs what the check office takes', async () => {
    const key = structuredClone(await newTerminalKey());
    expect(key.signing.extractable).toBe(false);
    const order = { lines: [{ sku: 'rye-1kg', quantity: 2 }], deliverTo: { name: 'A', street: 'B 1', country: 'DE' } };
    const presentation = await signPresentation(key, { echeck: 'a.b.c', ...order });
    expect(await openPresentation(presentation, key.publicKey, new Date())).toMatchObject({
      digest: digestOf('a.b.c'),
      ...order,
    });
  });
});

describe('the token of a request', () => {
  const sent = async (token: Parameters<typeof createCountersignClient>[0]['token'], headers = {}) => {
    const seen: (string | null)[] = [];
    const client = createCountersignClient({ baseUrl: 'http://office', token });
    const fetch = async (request: Request): Promise<Response> => {
      seen.push(request.headers.get('authorization'));
      return Response.json({ data: [] });
    };
    for (let time = 0; time < 2; time += 1) await client.GET('/v1/sellers', { fetch, headers });
    return seen;
  };
  let turn = 0;

  test('is the one that was given', async () => {
    expect(await sent('first')).toEqual(['Bearer first', 'Bearer first']);
  });

  test('is asked for each time', async () => {
    expect(await sent(async () => `turn-${(turn += 1)}`)).toEqual(['Bearer turn-1', 'Bearer turn-2']);
  });

  test('is left out where there is none', async () => {
    expect(await sent(() => undefined)).toEqual([null, null]);
  });

  test('gives way to the one of the request', async () => {
    expect(await sent('first', { authorization: 'Bearer other' })).toEqual(['Bearer other', 'Bearer other']);
  });
});
