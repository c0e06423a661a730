import { Command, CommanderError } from 'commander';
import { forgetCommand } from './forget.ts';
import { verifyCommand } from './verify.ts';
import { keysCommand } from './keys.ts';
import { opsCommand } from './ops.ts';
import { explainBriefly } from './usage.ts';

const WRONG_USAGE = 2;

const program = new Command('countersign')
  .description('Commands for whoever verifies e-checks, keeps the office or looks after orders.')
  .addCommand(verifyCommand())
  .addCommand(keysCommand())
  .addCommand(forgetCommand())
  .addCommand(opsCommand());

explainBriefly(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  } else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
