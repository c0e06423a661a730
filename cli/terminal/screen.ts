import { styleText } from 'node:util';
import { spinner } from '@clack/prompts';

/** Where a command shows what happens: lines for people, or one JSON object a line for programs. */
export interface Screen {
  /** Something happened. `facts` are for programs, `line` is for people. */
  show(step: string, line: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What is waited for until the next line; an animation, on a terminal alone. */
  waitFor(what: string): void;
  /** A line of help for people. */
  hint(text: string): void;
  /** Takes the animation away. */
  rest(): void;
}

/** A screen for programs: one JSON object a line on standard output, `step` first. */
export function jsonScreen(): Screen {
  return {
    show: (step, _line, facts = {}) => console.log(JSON.stringify({ step, ...facts })),
    waitFor: () => undefined,
    hint: () => undefined,
    rest: () => undefined,
  };
}

/** A screen for people. Plain where standard output is no terminal, or where NO_COLOR or CI say so. */
export function textScreen(): Screen {
  const turning = process.stdout.isTTY && !process.env['CI'] ? spinner({ withGuide: false }) : undefined;
  let turns = false;
  const rest = (): void => {
    if (turns) turning?.clear();
    turns = false;
  };
  return {
    show(_step, line) {
      rest();
      console.log(line);
    },
    waitFor(what) {
      if (turns) turning?.message(what);
      else turning?.start(what);
      turns = turning !== undefined;
    },
    hint(text) {
      rest();
      console.log(dim(text));
    },
    rest,
  };
}

type Style = Parameters<typeof styleText>[0];

function styled(style: Style): (text: string) => string {
  // Without colours where the stream, NO_COLOR or FORCE_COLOR say so.
  return (text) => styleText(style, text, { stream: process.stdout });
}

export const dim = styled('dim');
export const bold = styled('bold');
export const green = styled('green');
export const red = styled('red');

/** A sum as people write it: `12.90 EUR`. */
export function money({ amount, currency }: { readonly amount: number; readonly currency: string }): string {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** Columns, as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
