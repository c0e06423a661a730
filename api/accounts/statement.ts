import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import {
  openStatement,
  readStatement,
  statementPages,
  type Statement,
  type StatementQuery,
} from '../../office/ledger/index.ts';
import type { ApiDeps } from '../deps.ts';
import { statementCursor } from '../http/cursor.ts';
import { endpoint } from '../http/endpoint.ts';
import { Problem, invalidField } from '../http/problem.ts';
import { holderOf } from './holder.ts';
import { accountParams, statement, statementQuery } from './schema.ts';

/** How many bookings a CSV reads at once. */
const CSV_PAGE = 1_000;

export const getStatement = endpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}/statement',
  operationId: 'getStatement',
  tag: 'Accounts',
  summary: "Read an account's statement, oldest booking first",
  description:
    'Holds are no bookings. As CSV all of it is one table of minor units, with the opening balance as its first row and the closing ' +
    'balance as its last: without the last row it is not complete. Text that a spreadsheet would take for a formula begins with an apostrophe.',
  params: accountParams,
  query: statementQuery,
  responses: { 200: { description: 'A page of the statement, or all of it as CSV.', schema: statement, csv: true } },
  answer: async ({ params: { accountId }, party, query, prefersCsv }, deps) => {
    const { from, limit } = query;
    const after = statementCursor.read(query.cursor);
    const to = after?.to ?? query.to ?? deps.clock().toISOString();
    if (from !== undefined && from > to) throw backwards();
    const asked = { accountId, holder: holderOf(party), from, to };
    if (query.format ? query.format === 'csv' : prefersCsv) return csvAnswer(deps, { ...asked, limit: CSV_PAGE });
    const read = after ? readStatement : openStatement;
    const { next, ...body } = found(await read(deps.orm, { ...asked, limit, after }));
    const nextCursor = statementCursor.print(next && { ...next, to: body.to });
    return { status: 200, body: { ...body, nextCursor }, headers: VARY };
  },
});

const VARY = { Vary: 'Accept' };

/** The first page is read before the head is sent: what cannot be read is answered as a problem. */
async function csvAnswer({ orm }: ApiDeps, query: StatementQuery) {
  const first = found(await openStatement(orm, query));
  const stream = (response: Response) => {
    response.status(200).set({
      ...VARY,
      'Cache-Control': 'private, no-cache',
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      'Content-Disposition': `attachment; filename="statement-${query.accountId}.csv"`,
    });
    const table = stringify({ header: true, columns: COLUMNS, record_delimiter: 'windows', escape_formulas: true });
    return pipeline(Readable.from(rowsOf(statementPages(orm, first, query), first)), table, response);
  };
  return { status: 200, stream } as const;
}

const COLUMNS = ['time', 'kind', 'reference', 'orderId', 'checkNumber', 'amountMinor', 'balanceAfterMinor', 'currency'];

async function* rowsOf(
  pages: AsyncIterable<Statement>,
  { currency, from, to, openingBalance, closingBalance }: Statement,
) {
  const balanceOf = (balance: Statement['openingBalance']) => ({ balanceAfterMinor: balance.amount, currency });
  yield { time: from ?? '', kind: 'opening_balance', ...balanceOf(openingBalance) };
  for await (const { data } of pages) {
    for (const { amount, balanceAfter, ...booking } of data)
      yield { ...booking, amountMinor: amount.amount, ...balanceOf(balanceAfter) };
  }
  yield { time: to, kind: 'closing_balance', ...balanceOf(closingBalance) };
}

function found(page: Statement | undefined): Statement {
  if (!page) throw new Problem('not-found', 'There is no such account.');
  return page;
}

function backwards(): Problem {
  const detail = 'must not be later than `to`, which is now unless given';
  return invalidField('/from', detail, 'The statement would end before it begins.');
}
