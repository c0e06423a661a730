import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { z } from 'zod';

/** One small change of one file: the text from `from` to `to` (offsets) becomes `replacement`. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  readonly from: number;
  readonly to: number;
}

const place = z.object({ line: z.int(), column: z.int() });
const made = z.array(
  z.object({
    fileName: z.string(),
    mutatorName: z.string(),
    replacement: z.string(),
    location: z.object({ start: place, end: place }),
  }),
);

/**
 * What says little when it is noticed, and nothing when it is not: words for people, and whole objects without which nothing
 * works. Texts that are part of a key are told apart below.
 */
const LEFT_OUT = ['StringLiteral', 'ObjectLiteral', 'ArrayDeclaration', 'Regex'];

/** `count` mutants of the files, the same ones for the same seed. */
export function chooseMutants(
  project: string,
  files: readonly string[],
  { count, seed }: { count: number; seed: number },
): Mutant[] {
  const all = files.every((file) => file.endsWith('.sql')) ? ruleMutantsOf(project, files) : mutantsOf(project, files);
  const random = xoroshiro128plus(seed);
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = uniformInt(random, 0, last);
    [all[last], all[other]] = [all[other] as Mutant, all[last] as Mutant];
  }
  return all.slice(0, count);
}

function mutantsOf(project: string, files: readonly string[]): Mutant[] {
  const output = execFileSync(process.execPath, ['test/mutation/mutants.mjs', ...files], {
    cwd: project,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return made.parse(JSON.parse(output)).flatMap(({ fileName, mutatorName, replacement, location }) => {
    const text = readFileSync(join(project, fileName), 'utf8');
    const [from, to] = [offsetOf(text, location.start), offsetOf(text, location.end)];
    const original = text.slice(from, to);
    const mutant = {
      file: fileName,
      line: location.start.line + 1,
      mutator: mutatorName,
      original,
      replacement,
      from,
      to,
    };
    if (mutatorName === 'StringLiteral' && /\b(select|insert|update)\b/.test(original)) return sqlMutantsOf(mutant);
    const isKey = mutatorName === 'StringLiteral' && /\bkey\b/.test(lineAt(text, from));
    return isKey || !LEFT_OUT.includes(mutatorName) ? [mutant] : [];
  });
}

/** Conditions within a statement: each `and`, `=` and `is null` is turned round, one at a time. */
function sqlMutantsOf(statement: Mutant): Mutant[] {
  const OPPOSITE: Readonly<Record<string, string>> = { ' and ': ' or ', ' = ': ' <> ', ' is null': ' is not null' };
  return [...statement.original.matchAll(/ and | = | is null/g)].map(({ 0: found, index }) => ({
    ...statement,
    mutator: 'SqlCondition',
    line: statement.line + statement.original.slice(0, index).split('\n').length - 1,
    original: found.trim() + statement.original.slice(index + found.length, index + 40),
    replacement: OPPOSITE[found] ?? found,
    from: statement.from + index,
    to: statement.from + index + found.length,
  }));
}

/** What a migration refuses, each taken away: an exception, a check, a call that requires, a trigger that keeps. */
const RULES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/raise exception [^;]*;/g, 'null;'],
  [/perform \w*(?:require|refuse)\w*\([^;]*;/g, 'null;'],
  // Not those that list the words of a column.
  [/(?<=constraint "[^"]+" check) \((?!").*\)(?=;)/g, ' (true)'],
  [/create (?:constraint )?trigger [^;]*execute function [^;]*;/g, 'select 1;'],
  [/create unique index [^;]*;/g, 'select 1;'],
];

function ruleMutantsOf(project: string, files: readonly string[]): Mutant[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(project, file), 'utf8');
    return RULES.flatMap(([pattern, replacement]) =>
      [...text.matchAll(pattern)].map(({ 0: original, index }) => ({
        file,
        line: text.slice(0, index).split('\n').length,
        mutator: 'RuleTakenAway',
        original,
        replacement,
        from: index,
        to: index + original.length,
      })),
    );
  });
}

function offsetOf(text: string, { line, column }: z.infer<typeof place>): number {
  const lines = text.split('\n').slice(0, line);
  return lines.reduce((sum, each) => sum + each.length + 1, column);
}

function lineAt(text: string, at: number): string {
  return text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at));
}
