import { z } from 'zod';
import { ACCOUNT_HOLDERS, ACCOUNT_STATUSES } from '../../domain/party.ts';
import { agent, creditLimit, instant, money, pageOf, partyId, positiveMoney } from '../http/parsing.ts';
import { TRANSFER_KINDS } from '../../domain/ledger.ts';

const status = z.enum(ACCOUNT_STATUSES);

export const account = z
  .object({
    id: z.string(),
    currency: z.string(),
    balance: money,
    held: money,
    available: money.meta({ description: 'balance + creditLimit − held' }),
    creditLimit: money,
    status,
  })
  .meta({ id: 'Account' });

export const newAccount = z
  .strictObject({
    id: partyId,
    kind: z.enum(ACCOUNT_HOLDERS).default('buyer'),
    currency: positiveMoney.shape.currency.default('EUR'),
    creditLimit: creditLimit.optional(),
    agent: agent.optional(),
  })
  .meta({
    id: 'NewAccount',
    example: { id: 'buyer-cleo', currency: 'EUR', creditLimit: { amount: 50_000, currency: 'EUR' } },
  });

export const accountPatch = z
  .strictObject({ status: status.optional(), creditLimit: creditLimit.optional() })
  .meta({ id: 'AccountPatch', example: { status: 'frozen' } });

export const deposit = z
  .strictObject({ amount: positiveMoney })
  .meta({ id: 'Deposit', example: { amount: { amount: 10_000, currency: 'EUR' } } });

export const entry = z
  .object({
    id: z.string(),
    transferId: z.string(),
    accountId: z.string(),
    kind: z.enum(TRANSFER_KINDS),
    amount: money.meta({ description: 'Signed: + raises the balance.' }),
    held: money.meta({ description: 'The change of the held sum.' }),
    balanceBefore: money,
    balanceAfter: money,
    heldBefore: money,
    heldAfter: money,
    orderId: z.string().nullable(),
    checkNumber: z.string().nullable(),
    reason: z.string().nullable(),
    createdAt: instant,
  })
  .meta({ id: 'Entry' });

export const entryPage = pageOf(entry, 'EntryPage');
