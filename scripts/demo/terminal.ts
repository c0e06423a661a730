import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const event = z.object({
  type: z.string(),
  occurredAt: z.string(),
  actor: z.string(),
  recipient: z.string().nullable(),
  body: z.record(z.string(), z.unknown()),
  claims: z.array(z.int()),
});
export type DemoEvent = z.output<typeof event>;

const step = z.looseObject({
  step: z.string(),
  orderId: z.string().optional(),
  number: z.string().optional(),
  stage: z.string().optional(),
  detail: z.string().optional(),
  nextStep: z.string().optional(),
  event: event.optional(),
});
/** One line of what the terminal says. */
export type TerminalStep = z.output<typeof step>;

/** The buyer's terminal as a process of its own: what it says, line by line. It ends with this program. */
export async function* runTerminal(url: string, args: readonly string[]): AsyncGenerator<TerminalStep> {
  const all = ['cli/terminal/main.ts', 'buy', '--json', '--url', url, ...args];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface({ input: child.stdout })) yield step.parse(JSON.parse(line));
  } finally {
    child.kill();
  }
}
