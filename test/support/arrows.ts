import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A part of the project, or a room of a part, as docs/parts.md has it. */
export interface Part {
  /** A folder's or a file's name; `sites/selling-office` is a folder within one. */
  readonly name: string;
  readonly mayImport: readonly string[] | 'anything';
  readonly asTypes: readonly string[];
  /** No I/O: Node's own modules are kept out. */
  readonly pure: boolean;
}

/** The parts, in the table's order. */
export function readParts(): Part[] {
  return tablesIn(readDoc())[0]?.map(partOf) ?? [];
}

/** The rooms of `office/`. */
export function readRooms(): Part[] {
  return tablesIn(readDoc())[1]?.map(partOf) ?? [];
}

function readDoc(): string {
  return readFileSync(join(ROOT, 'docs/parts.md'), 'utf8');
}

function partOf([name = '', purpose = '', mayImport = '', asTypes = '']: readonly string[]): Part {
  return {
    name: name.replaceAll('`', '').replace(/\/$/, ''),
    mayImport: mayImport === 'anything' ? mayImport : listIn(mayImport),
    asTypes: listIn(asTypes),
    pure: purpose.includes('no Node built-ins'),
  };
}

function listIn(cell: string): string[] {
  return cell === '' ? [] : cell.split(', ');
}

/** The rows of each table of a Markdown text, cell by cell, without its head. */
function tablesIn(markdown: string): string[][][] {
  const blocks = markdown.split(/\n(?!\|)/).map((block) => block.split('\n').filter((line) => line.startsWith('|')));
  return blocks
    .filter((lines) => lines.length > 2)
    .map((lines) =>
      lines.slice(2).map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    );
}

/** One import of one of the project's files by another. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

/** Every import between the project's own files, `import()` and `export from` included. */
export function readImports(): Import[] {
  return sourceFiles().flatMap((from) => importsOf(from, readFileSync(join(ROOT, from), 'utf8')));
}

/** The project's own program files. */
export function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs'], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\n').filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

const IMPORT = /^(?:import|export)\s+(type\s+)?(?:([^;']*?)\s*from\s+)?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm;

function importsOf(from: string, source: string): Import[] {
  return [...source.matchAll(IMPORT)].map(([, type, names, specifier, dynamic]) => ({
    from,
    to: normalize(join(dirname(from), specifier ?? dynamic ?? '')),
    typesOnly: type !== undefined || (names !== undefined && /^\{(\s*type \w+( as \w+)?,?)+\s*\}$/.test(names)),
  }));
}

/** The part of a file: the innermost folder that is one, else its top folder, or itself. */
export function partIn(path: string): string {
  const [top = path, next] = path.split('/');
  return nestedParts().has(`${top}/${next}`) ? `${top}/${next}` : top;
}

let nested: ReadonlySet<string> | undefined;

/** The parts that lie within a folder. */
function nestedParts(): ReadonlySet<string> {
  nested ??= new Set(
    readParts()
      .map(({ name }) => name)
      .filter((name) => name.includes('/')),
  );
  return nested;
}

/** The room of a file of `office/`; `undefined` for the files beside the rooms and for every other file. */
export function roomIn(path: string): string | undefined {
  return /^office\/([^/]+)\//.exec(path)?.[1];
}

/** The rooms that have a door. */
export function doors(): string[] {
  return readRooms()
    .map(({ name }) => name)
    .filter((room) => existsSync(join(ROOT, 'office', room, 'index.ts')));
}

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

/** What lint must forbid, by the table: one override a part, then one a room, each whole, because the last one counts. */
export function lintOverrides(): Override[] {
  const parts = readParts();
  const ofParts = parts
    .filter(({ mayImport }) => mayImport !== 'anything')
    .map((part) => overrideOf(filesOf(part.name), [...forbiddenParts(part, parts), ...closedRooms(part)]));
  const office = parts.find(({ name }) => name === 'office');
  if (!office) throw new Error('docs/parts.md has no office');
  const rooms = readRooms();
  const ofRooms = rooms.map((room) =>
    overrideOf(`office/${room.name}/**`, [...forbiddenParts(office, parts), ...forbiddenNeighbours(room, rooms)]),
  );
  return [...ofParts, ...ofRooms];
}

function overrideOf(files: string, patterns: readonly object[]): Override {
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

const SEE = 'See docs/parts.md: the arrows point one way.';
const DOOR = 'See docs/parts.md: a room is entered by its index.ts.';

function forbiddenParts({ name, mayImport, asTypes, pure }: Part, parts: readonly Part[]): object[] {
  const others = parts.map((part) => part.name).filter((other) => other !== name && !mayImport.includes(other));
  const never = others.filter((other) => !asTypes.includes(other));
  return [
    { regex: climbingTo(never, name), message: SEE },
    ...beside(name, never),
    ...(asTypes.length > 0
      ? [{ regex: climbingTo(asTypes, name), allowTypeImports: true, message: 'See docs/parts.md: as types only.' }]
      : []),
    ...(pure ? [{ regex: '^node:', message: 'Pure code: no I/O, no Node built-ins.' }] : []),
  ];
}

/**
 * What leads from anywhere in a part into one of these. A part within a folder may have folders of its own by the same names: from
 * there it takes at least two steps up.
 */
function climbingTo(parts: readonly string[], from: string): string {
  const names = parts.map((part) => (part.includes('.') ? `${part.replaceAll('.', String.raw`\.`)}$` : `${part}/`));
  const climb = from.includes('/') ? String.raw`(\.\./){2,}` : String.raw`(\.\.?/)+`;
  return `^${climb}(${names.join('|')})`;
}

/** What leads to a part that lies in the same folder, or in this one, without naming that folder. */
function beside(name: string, parts: readonly string[]): object[] {
  const folder = name.includes('/') ? name.replace(/[^/]+$/, '') : `${name}/`;
  const names = parts.filter((part) => part.startsWith(folder)).map((part) => `${part.slice(folder.length)}/`);
  return names.length === 0 ? [] : [{ regex: String.raw`^(\.\.?/)+(${names.join('|')})`, message: SEE }];
}

/** From outside, rooms are entered by their doors. */
function closedRooms({ name }: Part): object[] {
  const office = name === 'office' ? '.' : '**/office';
  return doors().length === 0 ? [] : [byDoor(office)];
}

function forbiddenNeighbours({ name, mayImport }: Part, rooms: readonly Part[]): object[] {
  const others = rooms.map((room) => room.name).filter((other) => other !== name && !mayImport.includes(other));
  return [
    { regex: String.raw`^\.\./(${others.join('|')})/`, message: SEE },
    ...(mayImport.length > 0 && doors().length > 0 ? [byDoor('..')] : []),
  ];
}

/** Forbids what lies in a room, but its door; a room without one is open. */
function byDoor(office: string): object {
  const open = readRooms().filter(({ name }) => !doors().includes(name));
  const free = open.map(({ name }) => `!${office}/${name}/*`);
  return { group: [`${office}/*/*`, `!${office}/*/index.ts`, ...free], message: DOOR };
}

function filesOf(part: string): string {
  return part.includes('.') ? part : `${part}/**`;
}
