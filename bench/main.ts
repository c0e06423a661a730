import { Command, InvalidArgumentError } from 'commander';
import { archive } from './archive/archive.ts';
import { compare } from './compare.ts';
import { growth, GROWTH_PARTS, type GrowthPart } from './growth/growth.ts';
import type { SubjectName } from './load/subject.ts';
import { recovery } from './recovery/recovery.ts';
import { soak } from './soak/soak.ts';

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

program
  .command('growth')
  .description('with finished orders, waiting orders, one or many sellers, several workers, listeners')
  .option('--parts <names>', `some of ${GROWTH_PARTS.join(', ')}`, growthParts, [...GROWTH_PARTS])
  .option('--orders <count>', 'orders of one measurement', wholeNumber, 200)
  .option('--finished <counts>', 'finished orders', counts, [0, 10_000, 100_000])
  .option('--waiting <counts>', 'waiting orders', counts, [1, 1_000, 5_000])
  .option('--sellers <counts>', 'sellers', wholeNumbers, [1, 1_000])
  .option('--workers <counts>', 'worker processes', wholeNumbers, [1, 2, 4])
  .option('--listeners <count>', 'event streams', wholeNumber, 1_000)
  .option('--name <name>', 'name of the JSON file in bench/results', 'growth')
  .action(growth);

program
  .command('soak')
  .description('a steady rate for a long time, and every invariant at the end')
  .option('--minutes <count>', 'how long', wholeNumber, 30)
  .option('--rate <rate>', 'orders a second (default: 70 % of the knee)', Number)
  .option('--name <name>', 'name of the JSON file in bench/results', 'soak')
  .action(soak);

program
  .command('recovery')
  .description('how soon orders go on when their worker is killed and another one is there')
  .option('--orders <count>', 'orders that wait, and as many that are being placed', wholeNumber, 24)
  .action(recovery);

program
  .command('archive')
  .description('what millions of events cost, live and archived, and how fast they are archived')
  .option('--rows <count>', 'events of finished orders', wholeNumber, 10_000_000)
  .option('--days <count>', 'what ended longer ago is archived', wholeNumber, 20)
  .option('--name <name>', 'name of the JSON file in bench/results', 'archive')
  .action(archive);

await program.parseAsync();

function growthParts(text: string): GrowthPart[] {
  return text.split(',').map((name) => {
    const part = GROWTH_PARTS.find((known) => known === name);
    if (!part) throw new InvalidArgumentError(`must be some of ${GROWTH_PARTS.join(', ')}`);
    return part;
  });
}

function counts(text: string): number[] {
  return text.split(',').map((count) => (count === '0' ? 0 : wholeNumber(count)));
}

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
