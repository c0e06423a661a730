import { z } from 'zod';
import { ACCOUNT_HOLDERS, ACCOUNT_STATUSES } from '../../domain/party.ts';
import {
  buyerAgent,
  creditLimit,
  givenMoment,
  instant,
  money,
  pageOf,
  paging,
  newPartyId,
  partyId,
  positiveMoney,
  text,
} from '../http/parsing.ts';
import { TRANSFER_KINDS } from '../../domain/ledger.ts';

/** Of every path of one account. */
export const accountParams = z.object({ accountId: partyId });

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

export const accountPage = pageOf(
  account.extend({ kind: z.enum(ACCOUNT_HOLDERS) }).meta({ id: 'ListedAccount' }),
  'AccountPage',
);

export const accountsQuery = z.strictObject({
  status: status.optional(),
  kind: z.enum(ACCOUNT_HOLDERS).optional(),
  ...paging,
});

export const newAccount = z
  .strictObject({
    id: newPartyId,
    kind: z.enum(ACCOUNT_HOLDERS).default('buyer'),
    currency: positiveMoney.shape.currency.default('EUR'),
    creditLimit: creditLimit.optional(),
    agent: buyerAgent.optional(),
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

const reference = text(140).meta({ description: "What the party's bank shows with it.", example: 'November, week 48' });

export const newPayout = z
  .strictObject({ amount: positiveMoney, reference })
  .meta({ id: 'NewPayout', example: { amount: { amount: 10_000, currency: 'EUR' }, reference: 'November, week 48' } });

export const payout = z
  .object({ id: z.string(), accountId: z.string(), amount: money, reference: z.string(), createdAt: instant })
  .meta({ id: 'Payout' });

export const statementQuery = z.strictObject({
  from: givenMoment
    .optional()
    .meta({ description: 'Bookings of this moment and later. Default: from the first one on.' }),
  to: givenMoment.optional().meta({ description: 'Bookings before this moment. Default: now.' }),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .meta({ description: 'Goes before the header Accept. As CSV all pages come at once.' }),
  ...paging,
});

const booking = z
  .object({
    id: z.string(),
    time: instant,
    kind: z.enum(TRANSFER_KINDS),
    reference: z
      .string()
      .nullable()
      .meta({ description: "A payout's. Why an order's money moved its timeline says: here that is null." }),
    orderId: z.string().nullable(),
    checkNumber: z.string().nullable(),
    amount: money.meta({ description: 'Signed: + raises the balance.' }),
    balanceAfter: money,
  })
  .meta({ id: 'Booking' });

export const statement = z
  .object({
    accountId: z.string(),
    currency: z.string(),
    from: instant.nullable(),
    to: instant,
    openingBalance: money,
    closingBalance: money,
    data: z.array(booking),
    nextCursor: z.string().nullable().meta({ description: 'null on the last page.' }),
  })
  .meta({ id: 'Statement', description: 'openingBalance and the amounts of all pages make closingBalance.' });

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
