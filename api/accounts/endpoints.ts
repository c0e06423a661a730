import { z } from 'zod';
import {
  type AccountRefusalCode,
  type AccountView,
  deposit as makeDeposit,
  listAccounts as readAccounts,
  listEntries,
  openAccount as open,
  patchAccount,
  readAccount,
} from '../../office/ledger/index.ts';
import { ACCOUNT_HOLDERS, type AccountHolder } from '../../domain/party.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { Problem, valueOf } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import { accountCursor, entryCursor } from '../http/cursor.ts';
import {
  account,
  accountPage,
  accountParams,
  accountPatch,
  accountsQuery,
  deposit,
  entryPage,
  newAccount,
} from './schema.ts';
import { paging } from '../http/parsing.ts';

const tag = 'Accounts';
const params = accountParams;
const ok = { 200: { description: 'The account.', schema: account } };
const created = {
  201: { description: 'The account.', schema: account, headers: { Location: 'Where it can be read.' } },
};

export const getOwnAccount = endpoint({
  method: 'get',
  path: '/v1/account',
  operationId: 'getOwnAccount',
  tag,
  summary: "Read one's own account",
  responses: ok,
  problems: ['not-found'],
  answer: async ({ party }, deps) => ({ status: 200, body: await ownAccount(deps, party) }),
});

export const listOwnEntries = endpoint({
  method: 'get',
  path: '/v1/account/entries',
  operationId: 'listOwnEntries',
  tag,
  summary: "List the entries of one's own account, newest first",
  query: z.strictObject({ ...paging }),
  responses: { 200: { description: 'A page of entries.', schema: entryPage } },
  problems: ['not-found'],
  answer: async ({ party, query }, deps) => {
    const { id } = await ownAccount(deps, party);
    const before = entryCursor.read(query.cursor);
    const { data, next } = await listEntries(deps.orm, id, { limit: query.limit, before });
    return { status: 200, body: { data, nextCursor: entryCursor.print(next) } };
  },
});

export const openAccount = endpoint({
  method: 'post',
  path: '/v1/accounts',
  operationId: 'openAccount',
  tag,
  summary: 'Open the account of a party',
  description: "An account's id is its party's. Repeated with the same terms it answers the account as it is.",
  body: newAccount,
  responses: created,
  problems: ['account-conflict'],
  answer: async ({ body }, { orm }) => {
    const opened = valueOf(await open(orm, body), PROBLEM_OF);
    return { status: 201, body: opened, headers: { Location: `/v1/accounts/${opened.id}` } };
  },
});

export const listAccounts = endpoint({
  method: 'get',
  path: '/v1/accounts',
  operationId: 'listAccounts',
  tag,
  summary: "List the parties' accounts, by id",
  query: accountsQuery,
  responses: { 200: { description: 'A page of accounts.', schema: accountPage } },
  answer: async ({ query: { limit, cursor, ...filter } }, { orm }) => {
    const after = accountCursor.read(cursor)?.id;
    const found = await readAccounts(orm.em.fork(), { ...filter, after, limit: limit + 1 });
    const data = found.slice(0, limit);
    return {
      status: 200,
      body: { data, nextCursor: accountCursor.print(found.length > limit ? data.at(-1) : undefined) },
    };
  },
});

export const getAccount = endpoint({
  method: 'get',
  path: '/v1/accounts/{accountId}',
  operationId: 'getAccount',
  tag,
  summary: 'Read an account',
  params,
  responses: ok,
  answer: async ({ params: { accountId }, party }, deps) => ({
    status: 200,
    body: party.role === 'operator' ? await accountById(deps, accountId) : await ownAccount(deps, party),
  }),
});

export const changeAccount = endpoint({
  method: 'patch',
  path: '/v1/accounts/{accountId}',
  operationId: 'changeAccount',
  tag,
  summary: 'Freeze, reopen or close an account, or set its credit line',
  params,
  body: accountPatch,
  responses: ok,
  problems: ['account-conflict'],
  answer: async ({ params: { accountId }, body }, { orm }) => ({
    status: 200,
    body: valueOf(await patchAccount(orm, accountId, body), PROBLEM_OF),
  }),
});

export const depositMoney = endpoint({
  method: 'post',
  path: '/v1/accounts/{accountId}/deposits',
  operationId: 'depositMoney',
  tag,
  summary: 'Pay money in from outside',
  idempotent: true,
  params,
  body: deposit,
  responses: created,
  problems: ['account-conflict', 'idempotency-key-reused'],
  answer: async ({ params: { accountId }, idempotencyKey: key, body: { amount } }, { orm }) => {
    const { replayed, ...paid } = valueOf(await makeDeposit(orm, { accountId, amount, key }), PROBLEM_OF);
    const headers = { Location: `/v1/accounts/${accountId}`, 'Idempotency-Replayed': String(replayed) };
    return { status: 201, body: paid, headers };
  },
});

const PROBLEM_OF: Record<AccountRefusalCode, ProblemSlug> = {
  'account-not-found': 'not-found',
  'account-exists': 'account-conflict',
  'account-not-empty': 'account-conflict',
  'account-closed': 'account-conflict',
  'credit-limit-in-use': 'account-conflict',
  'currency-mismatch': 'account-conflict',
  'amount-out-of-range': 'account-conflict',
  'idempotency-key-reused': 'idempotency-key-reused',
};

/** The account of whoever asks, in the role in which they do: the same id in another role is another party. Throws `not-found`. */
async function ownAccount(deps: ApiDeps, { id, role }: Party): Promise<AccountView> {
  const holder = ACCOUNT_HOLDERS.find((one) => one === role);
  if (!holder) throw notFound();
  return accountById(deps, id, holder);
}

/** Throws `not-found` when there is none, or it is another kind of party's than `holder`. */
async function accountById({ orm }: ApiDeps, accountId: string, holder?: AccountHolder): Promise<AccountView> {
  const found = await readAccount(orm, accountId, holder);
  if (!found) throw notFound();
  return found;
}

function notFound(): Problem {
  return new Problem('not-found', 'There is no such account.');
}
