import { z } from 'zod';
import { listEntries } from '../../office/ledger/entries.ts';
import { deposit as makeDeposit, openAccount as open, patchAccount } from '../../office/ledger/accounts.ts';
import { accountById, accountOf } from './refusals.ts';
import { endpoint } from '../http/endpoint.ts';
import { invalidCursor } from '../http/cursor.ts';
import { account, accountPatch, deposit, entryPage, newAccount } from './schema.ts';
import { limit, partyId } from '../http/schemas.ts';

const tag = 'Accounts';
const params = z.object({ accountId: partyId });
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
  answer: async ({ party }, deps) => ({ status: 200, body: await accountById(deps, party.id) }),
});

export const listOwnEntries = endpoint({
  method: 'get',
  path: '/v1/account/entries',
  operationId: 'listOwnEntries',
  tag,
  summary: "List the entries of one's own account, newest first",
  query: z.strictObject({ limit, cursor: z.string().max(200).optional() }),
  responses: { 200: { description: 'A page of entries.', schema: entryPage } },
  problems: ['not-found'],
  answer: async ({ party, query }, deps) => {
    const { id } = await accountById(deps, party.id);
    const page = await listEntries(deps.orm, id, query);
    if (page === 'invalid-cursor') throw invalidCursor();
    return { status: 200, body: page };
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
    const opened = accountOf(await open(orm, body));
    return { status: 201, body: opened, headers: { Location: `/v1/accounts/${opened.id}` } };
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
  answer: async ({ params: { accountId } }, deps) => ({ status: 200, body: await accountById(deps, accountId) }),
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
    body: accountOf(await patchAccount(orm, accountId, body)),
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
    const { replayed, ...paid } = accountOf(await makeDeposit(orm, { accountId, amount, key }));
    const headers = { Location: `/v1/accounts/${accountId}`, 'Idempotency-Replayed': String(replayed) };
    return { status: 201, body: paid, headers };
  },
});
