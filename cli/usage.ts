import type { Command } from 'commander';

/** What is wrong with a command line is said in a line, and how to learn more in the next, instead of a page of help. */
export function explainBriefly(command: Command): void {
  command.exitOverride().showHelpAfterError(`See: ${pathOf(command)} --help`);
  for (const below of command.commands) explainBriefly(below);
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
