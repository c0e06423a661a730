import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { circumstances, writeResults } from '../report/results.ts';
import { openBook } from './book.ts';
import { measure } from './measure.ts';
import { goals, printed } from './report.ts';
import { SUBJECTS, type SubjectName } from './subjects.ts';

const { rounds, transfers, clients, databaseUrl } = new Command('bench:ledger')
  .description('Transfers a second of the ledger beside a bare two-row transfer, spread and on one hot seller')
  .option('--rounds <count>', 'interleaved rounds', wholeNumber, 5)
  .option('--transfers <count>', 'transfers of one measurement', wholeNumber, 4_000)
  .option('--clients <count>', 'connections at once', wholeNumber, 16)
  .option('--database-url <url>', 'a PostgreSQL server of your own, whose user may create databases and roles')
  .parse()
  .opts<{ rounds: number; transfers: number; clients: number; databaseUrl?: string }>();

const before = circumstances();
const rates = databaseUrl ? await run(databaseUrl) : await onServerOfItsOwn(run);
const run_ = { ...before, clients, transfersEach: transfers, rounds, rates, goals: goals(rates) };
console.log(printed(rates, { clients, transfers, rounds }));
console.log(`\n${writeResults('ledger', run_)}`);

/** Every subject once a round, so that whatever else the machine does falls on all of them. */
async function run(server: string): Promise<Record<SubjectName, number[]>> {
  const books = {
    service: await openBook(server, 'service', clients),
    ledger: await openBook(server, 'ledger', clients),
  };
  const measured = Object.fromEntries(SUBJECTS.map(({ name }) => [name, []])) as unknown as Record<
    SubjectName,
    number[]
  >;
  for (let round = 1; round <= rounds; round += 1) {
    for (const subject of SUBJECTS) {
      const book = subject.agreement ? books.service : books.ledger;
      measured[subject.name].push(await measure(book, subject, { transfers, clients }));
    }
    console.error(`round ${round} of ${rounds}`);
  }
  await books.service.close();
  await books.ledger.close();
  return measured;
}

async function onServerOfItsOwn<Result>(work: (server: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-ledger-'));
  const server = await startPostgres({ dataDir: join(folder, 'postgres') });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on');
  return Number(text);
}
