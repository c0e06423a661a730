import { Command, CommanderError } from 'commander';
import { terminalCommands, type Interrupted } from './commands.ts';
import { TerminalError } from './terminal-error.ts';

/* A buyer's terminal (`npm run terminal`): a program of its own, made of the published client and its own key. */

const EXIT = { failed: 1, wrongUsage: 2, interrupted: 130 } as const;

const interrupted: Interrupted = { hint: 'Nothing was ordered.' };
const program = new Command('terminal').description("A buyer's terminal: orders, holds the e-check, presents, pays.");
for (const command of terminalCommands(interrupted)) program.addCommand(command);
for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError();

process.once('SIGINT', () => {
  console.error(`\n${interrupted.hint}`);
  process.exit(EXIT.interrupted);
});

try {
  await program.parseAsync();
  // A stream that is still open is nobody's any more.
  process.exit();
} catch (error) {
  process.exit(report(error));
}

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
