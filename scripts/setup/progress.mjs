import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shareLock } from './lock.mjs';
import { PROJECT, TOOLS } from './paths.mjs';

export { PROJECT, TOOLS } from './paths.mjs';
const LOG = join(TOOLS, 'setup.log');
const TICK_MS = 5_000;

/** Shown in one line, without a stack: says what failed and what to do. */
export class SetupError extends Error {}

/**
 * Runs one long step, with a line when it begins, every few seconds, and when it ends; its own output goes to
 * `.tools/setup.log`. Throws `SetupError` with the step's last words and `advice` when it fails.
 */
export async function step(title, [command, ...args], advice, cwd = PROJECT) {
  mkdirSync(TOOLS, { recursive: true });
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  console.log(`setup: ${title} …`);
  const ticker = setInterval(() => console.log(`setup: ${title} … ${seconds()} s`), TICK_MS);
  const { code, output } = await run([command, ...args], cwd);
  clearInterval(ticker);
  appendFileSync(LOG, `# ${title}\n${output}\n`);
  if (code !== 0)
    throw new SetupError(`${title} failed: ${lastWords(output)} — ${advice} (all of it: .tools/setup.log)`);
  console.log(`setup: ${title}: done in ${seconds()} s`);
}

/** Ends with the exit code, `-1` when the command cannot be run at all. Never throws. */
export function run([command, ...args], cwd = PROJECT) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    shareLock(child.pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

function lastWords(output) {
  const lines = output.split('\n').filter((line) => /\berr(or)?\b/i.test(line) && !/complete log/i.test(line));
  return (lines.at(-1) ?? output.trimEnd().split('\n').at(-1) ?? '').trim() || 'no word why';
}

/** What an earlier set-up did, so that the next one finds nothing to do. */
const STAMP = join(TOOLS, 'setup.json');

export function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

export function stamp(done) {
  mkdirSync(TOOLS, { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ ...readStamp(), ...done }));
}
