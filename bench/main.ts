import { Command, InvalidArgumentError } from 'commander';
import { compare } from './compare.ts';
import type { SubjectName } from './load/subject.ts';

const program = new Command('bench').description(
  'Measures Countersign against its own ceiling and against the textbook.',
);

program
  .command('compare', { isDefault: true })
  .description('skeleton, textbook and service, in interleaved rounds')
  .option('--rounds <count>', 'interleaved rounds', wholeNumber, 3)
  .option('--orders <count>', 'orders of one measurement', wholeNumber, 320)
  .option('--clients <counts>', 'numbers of clients, with commas', wholeNumbers, [1, 16, 64])
  .option('--subjects <names>', 'which of the three, with commas', subjectNames, ['skeleton', 'textbook', 'service'])
  .option('--name <name>', 'name of the JSON file in bench/results', 'compare')
  .option('--profile-folder <folder>', 'write a processor profile of every process')
  .action(compare);

await program.parseAsync();

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on');
  return Number(text);
}

function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber);
}

function subjectNames(text: string): SubjectName[] {
  return text.split(',').map((name) => {
    if (name === 'skeleton' || name === 'textbook' || name === 'service') return name;
    throw new InvalidArgumentError('must be some of skeleton, textbook, service');
  });
}
