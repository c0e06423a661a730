import { z } from 'zod';
import { TRANSFER_KINDS } from '../../domain/ledger.ts';
import { instant, money, orderId } from './common.ts';

const sum = money.nullable().meta({ description: 'null on an account that is somebody else’s.' });

const tracedEntry = z
  .object({
    id: z.string(),
    transferId: z.string(),
    accountId: z.string(),
    kind: z.enum(TRANSFER_KINDS),
    amount: money.meta({ description: 'Signed: + raises the balance.' }),
    held: money.meta({ description: 'The change of the held sum.' }),
    balanceBefore: sum,
    balanceAfter: sum,
    heldBefore: sum,
    heldAfter: sum,
    orderId: z.string().nullable(),
    checkNumber: z.string().nullable(),
    reason: z.string().nullable(),
    createdAt: instant,
  })
  .meta({ id: 'TracedEntry' });

export const moneyTrace = z
  .object({
    orderId,
    entries: z.array(tracedEntry),
    accounts: z.array(z.object({ accountId: z.string(), net: money, held: money })),
    proof: z.object({
      sum: money.nullable().meta({ description: 'The sum of all entries: zero. null when no money was touched.' }),
      held: money.nullable().meta({ description: 'What is still held: zero once the order has ended.' }),
      netsToZero: z.boolean(),
    }),
  })
  .meta({ id: 'MoneyTrace' });
