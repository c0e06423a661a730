import { Command, CommanderError } from 'commander';
import { terminalCommands, type Interrupted } from './commands.ts';
import { TerminalError } from './terminal-error.ts';

/* A buyer's terminal (`npm run terminal`): a program of its own, made of the published client and its own key. */

const EXIT = { failed: 1, wrongUsage: 2, interrupted: 130 } as const;

const interrupted: Interrupted = { hint: 'Nothing was ordered.' };
const program = new Command('terminal').description("A buyer's terminal: orders, holds the e-check, presents, pays.");
for (const command of terminalCommands(interrupted)) program.addCommand(command);
for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('See: terminal --help');

let finished = false;
// Ctrl-C comes as a signal, or as a key while something turns on the screen, whose library then ends the program itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
process.once('exit', () => {
  if (finished) return;
  console.error(`\n${interrupted.hint}`);
  process.exitCode = EXIT.interrupted;
});

const exitCode = await program.parseAsync().then(() => process.exitCode ?? 0, report);
finished = true;
// A stream that is still open is nobody's any more.
process.exit(exitCode);

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.wrongUsage;
  const message = error instanceof Error ? error.message : String(error);
  if (process.argv.includes('--json')) {
    const { slug, nextStep } = error instanceof TerminalError ? error : {};
    console.log(JSON.stringify({ step: 'failed', detail: message, slug, nextStep }));
  } else {
    console.error(error instanceof TerminalError ? `${message}\n${error.nextStep}` : message);
  }
  return EXIT.failed;
}
