import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './support.ts';

/** A fenced `sh` block of a page. `label` is what stands after `sh`. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly label: string;
  readonly text: string;
}

/** The README and every page of docs/ (not docs/operations.md, whose commands need orders that are stuck: it has its own test). */
export const PAGES = ['README.md', ...pagesIn('docs'), ...pagesIn('docs/decisions')].filter(
  (page) => page !== 'docs/operations.md',
);

function pagesIn(folder: string): string[] {
  const names = readdirSync(join(PROJECT, folder)).filter((name) => name.endsWith('.md'));
  return names.toSorted().map((name) => `${folder}/${name}`);
}

export function textOf(page: string): string {
  return readFileSync(join(PROJECT, page), 'utf8');
}

/** Every fenced block of a page whose language is a shell's, and every one that names none. */
export function blocksOf(page: string): Block[] {
  // From fence to fence, or a closing one would be taken for an opening one.
  const fences = /^```(.*)\n([\s\S]*?)^```$/gm;
  const text = textOf(page);
  return [...text.matchAll(fences)].flatMap(({ 1: info = '', 2: block = '', index }) => {
    const shell = /^(?:(?:sh|bash|shell|console)(?: +(.*))?)?$/.exec(info);
    return shell ? [{ page, line: text.slice(0, index).split('\n').length, label: shell[1] ?? '', text: block }] : [];
  });
}

/** Inline commands: `npm run …`, `npx countersign …`. */
export function inlineCommandsOf(page: string): string[] {
  return [...textOf(page).matchAll(/`((?:npm run|npx countersign) [^`]+)`/g)].map(([, command = '']) => command);
}
