import { attackedBook, type AttackedBook } from '../support/intruder.ts';

/* What is written stays, also for the owner of the tables, who has every right: a slip of the hand must not empty the books. */

let book: AttackedBook;
beforeAll(async () => {
  book = await attackedBook();
});
afterAll(() => book.close());

test.each([
  'transfers',
  'entries',
  'late_entries',
  'order_events',
  'accounts',
  'echecks',
  'orders',
  'distribution_reports',
])('%s cannot be emptied', async (table) => {
  await book.expectRefused(book.owner, `truncate ${table} cascade`, new RegExp(`TRUNCATE refused: ${table} is kept`));
});

test.each(['transfers', 'entries', 'accounts', 'echecks', 'orders'])('no row of %s can be deleted', async (table) => {
  await book.expectRefused(book.owner, `delete from ${table}`, new RegExp(`DELETE refused: ${table} is kept`));
});
