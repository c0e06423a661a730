import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { doors, lintOverrides, partIn, readImports, readParts, readRooms, roomIn, ROOT } from '../support/arrows.ts';

/* docs/parts.md says which part may import which; code and lint must say the same. */

const LINT = join(ROOT, '.oxlintrc.json');
const parts = readParts();
const rooms = readRooms();
const imports = readImports();

type Arrow = `${string} -> ${string}` | `${string} -> ${string}, as types`;

function arrow(from: string, to: string, typesOnly: boolean): Arrow {
  return typesOnly ? `${from} -> ${to}, as types` : `${from} -> ${to}`;
}

function listOf(mayImport: readonly string[] | 'anything'): readonly string[] {
  return mayImport === 'anything' ? [] : mayImport;
}

/** The arrows between parts that know a table, as the imports draw them. */
function drawn(): Set<Arrow> {
  const known = new Set(parts.filter(({ mayImport }) => mayImport !== 'anything').map(({ name }) => name));
  const between = imports.filter(({ from, to }) => known.has(partIn(from)) && partIn(from) !== partIn(to));
  return new Set(between.map(({ from, to, typesOnly }) => arrow(partIn(from), partIn(to), typesOnly)));
}

/** What the table allows; who may import a value may import types, too. */
function allowed(): Set<Arrow> {
  return new Set(
    parts.flatMap(({ name, mayImport, asTypes }) => {
      const both = listOf(mayImport).flatMap((to) => [arrow(name, to, false), arrow(name, to, true)]);
      return [...both, ...asTypes.map((to) => arrow(name, to, true))];
    }),
  );
}

describe('the parts', () => {
  test('import only what the table allows', () => {
    const permitted = allowed();
    expect([...drawn()].filter((one) => !permitted.has(one))).toEqual([]);
  });

  test('use every arrow of the table', () => {
    const used = drawn();
    const unused = parts.flatMap(({ name, mayImport, asTypes }) => [
      ...listOf(mayImport)
        .filter((to) => !used.has(arrow(name, to, false)))
        .map((to) => [name, to]),
      ...asTypes.filter((to) => !used.has(arrow(name, to, true))).map((to) => [name, to]),
    ]);
    expect(unused).toEqual([]);
  });
});

describe('the rooms of office', () => {
  test('import only what the table allows, and only the files beside them import any room', () => {
    const may = new Map(rooms.map(({ name, mayImport }) => [name, mayImport]));
    const between = imports.flatMap(({ from, to }) => {
      const [room, other] = [roomIn(from), roomIn(to)];
      return room !== undefined && other !== undefined && room !== other ? [{ from, room, other }] : [];
    });
    expect(between.filter(({ room, other }) => !may.get(room)?.includes(other))).toEqual([]);
    const known = new Set(imports.flatMap(({ from }) => roomIn(from) ?? []));
    expect([...known].filter((room) => !may.has(room))).toEqual([]);
    const unused = rooms.flatMap(({ name, mayImport }) =>
      listOf(mayImport)
        .filter((to) => !between.some(({ room, other }) => room === name && other === to))
        .map((to) => [name, to]),
    );
    expect(unused).toEqual([]);
  });

  test('are entered by their doors', () => {
    const open = new Set(doors());
    const outside = imports.filter(({ from, to }) => {
      const room = roomIn(to);
      const own = from.startsWith('test/') || from.startsWith('bench/') || room === roomIn(from);
      return room !== undefined && open.has(room) && !own && to !== `office/${room}/index.ts`;
    });
    expect(outside.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});

describe('lint', () => {
  const config = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(LINT, 'utf8')));
  const written = z.array(z.looseObject({ files: z.array(z.string()) })).parse(config['overrides']);

  test('has the tables as its overrides', () => {
    const overrides = [...lintOverrides(), ...written.filter(({ files }) => files.includes('test/**'))];
    if (process.env['WRITE_ARROWS'] === 'true') {
      writeFileSync(LINT, `${JSON.stringify({ ...config, overrides }, undefined, 2)}\n`);
    } else expect(written).toEqual(overrides);
  });

  test('forbids exactly what the tables do not allow, and cycles', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-arrows-'));
    try {
      writeFileSync(join(folder, '.oxlintrc.json'), readFileSync(LINT));
      const trials = [...partTrials(), ...neighbourTrials(), ...roomTrials(), ...doorTrials(), ...CYCLE];
      for (const { file, source } of trials) {
        mkdirSync(join(folder, dirname(file)), { recursive: true });
        writeFileSync(join(folder, file), source);
      }
      const forbidden = trials.filter(({ isForbidden }) => isForbidden).map(({ file }) => file);
      expect(reportedIn(folder).toSorted()).toEqual(forbidden.toSorted());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A file that imports something, and whether lint must report it. */
interface Trial {
  readonly file: string;
  readonly source: string;
  readonly isForbidden: boolean;
}

/** Every part imports every other one: a value, and a type. */
function partTrials(): Trial[] {
  const permitted = allowed();
  const folders = parts.filter(({ name }) => !name.includes('.'));
  const pairs = folders.flatMap((from) => parts.filter(({ name }) => name !== from.name).map((to) => ({ from, to })));
  return pairs.flatMap(({ from, to: { name: to } }) => {
    const climb = '../'.repeat(from.name.split('/').length);
    const target = to.includes('.') ? `${climb}${to}` : `${climb}${to}/some.ts`;
    const file = `${from.name}/${to.replace('/', '-')}`;
    const isForbidden = (typesOnly: boolean) =>
      from.mayImport !== 'anything' && !permitted.has(arrow(from.name, to, typesOnly));
    return [
      { file: `${file}-value.ts`, source: importing(target), isForbidden: isForbidden(false) },
      { file: `${file}-type.ts`, source: importing(target, 'type'), isForbidden: isForbidden(true) },
    ];
  });
}

/** Every room imports every other one, by its door. */
function roomTrials(): Trial[] {
  return rooms.flatMap((from) =>
    rooms
      .filter(({ name }) => name !== from.name)
      .map(({ name }) => ({
        file: `office/${from.name}/${name}.ts`,
        source: importing(`../${name}/index.ts`),
        isForbidden: !from.mayImport.includes(name),
      })),
  );
}

/** Every room is entered from outside, past its door. */
function doorTrials(): Trial[] {
  return rooms.flatMap(({ name }) => {
    const isForbidden = doors().includes(name);
    return [
      { file: `api/past-${name}.ts`, source: importing(`../office/${name}/some.ts`), isForbidden },
      { file: `office/past-${name}.ts`, source: importing(`./${name}/some.ts`), isForbidden },
      { file: `office/by-${name}.ts`, source: importing(`./${name}/index.ts`), isForbidden: false },
    ];
  });
}

/** Parts within one folder reach each other without naming it. */
function neighbourTrials(): Trial[] {
  const within = parts.filter(({ name }) => name.includes('/'));
  const folderOf = (name: string) => name.replace(/[^/]+$/, '');
  return within.flatMap(({ name, mayImport }) =>
    within
      .filter((other) => other.name !== name && folderOf(other.name) === folderOf(name))
      .map((other) => ({
        file: `${name}/beside-${other.name.replace('/', '-')}.ts`,
        source: importing(`../${other.name.slice(folderOf(name).length)}/some.ts`),
        isForbidden: !mayImport.includes(other.name),
      })),
  );
}

/** Two files that know each other's types: even that is a cycle. */
const CYCLE: readonly Trial[] = [
  { file: 'bench/one.ts', source: "import type { B } from './two.ts';\nexport type A = B | 1;\n", isForbidden: true },
  { file: 'bench/two.ts', source: "import type { A } from './one.ts';\nexport type B = A | 2;\n", isForbidden: true },
];

function importing(target: string, kind?: 'type'): string {
  return kind
    ? `import type { A } from '${target}';\nexport type B = A;\n`
    : `import { a } from '${target}';\nexport const b = a;\n`;
}

const report = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

function reportedIn(folder: string): string[] {
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint');
  const { diagnostics } = report.parse(JSON.parse(outputOf(oxlint, ['--format', 'json', '.'], folder)));
  return diagnostics.filter(({ code }) => /no-restricted-imports|no-cycle/.test(code)).map(({ filename }) => filename);
}

/** The output of a command that may say by its exit code that it found something. */
function outputOf(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    return z.object({ stdout: z.string() }).parse(error).stdout;
  }
}
