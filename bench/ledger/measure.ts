import type { Book } from './book.ts';
import { PARTIES, type Subject } from './subjects.ts';

export interface Run {
  readonly transfers: number;
  readonly clients: number;
}

/** Each connection plans its statements and compiles the ledger's functions before the clock starts. */
const WARM_UP_PER_CLIENT = 25;

let nextPayment = 1;

/** Transfers a second of one subject: `clients` connections at once, each transfer committed by itself. */
export async function measure(book: Book, subject: Subject, { transfers, clients }: Run): Promise<number> {
  const sellers = subject.hot ? 1 : PARTIES;
  const warmUp = WARM_UP_PER_CLIENT * clients;
  const from = nextPayment;
  nextPayment += warmUp + transfers;
  if (subject.prepare) await prepare(book, subject.prepare, [from, nextPayment - 1, sellers]);
  await pay(book, subject, { from, count: warmUp, sellers, clients });
  const startedAt = performance.now();
  await pay(book, subject, { from: from + warmUp, count: transfers, sellers, clients });
  return (transfers * 1_000) / (performance.now() - startedAt);
}

interface Payments {
  readonly from: number;
  readonly count: number;
  readonly sellers: number;
  readonly clients: number;
}

async function pay(book: Book, { name, sql }: Subject, { from, count, sellers, clients }: Payments): Promise<void> {
  let paid = 0;
  const client = async (): Promise<void> => {
    const connection = await book.pool.connect();
    try {
      while (paid < count) {
        const values = [from + paid, sellers];
        paid += 1;
        const { rowCount } = await connection.query({ name, text: sql, values });
        if (rowCount !== 1) throw new Error(`${name}: payment ${values[0]} wrote ${rowCount} rows`);
      }
    } finally {
      connection.release();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

async function prepare(book: Book, statements: string, values: readonly number[]): Promise<void> {
  await book.owner.query('begin');
  for (const statement of statements.split(';')) {
    const used = values.slice(0, statement.includes('$3') ? 3 : 2);
    await book.owner.query(statement, used);
  }
  await book.owner.query('commit');
}
