import { z } from 'zod';
import { entry } from '../accounts/schema.ts';
import { money, orderId } from '../http/schemas.ts';

const sum = money.nullable().meta({ description: "null on an account that is somebody else's." });

const tracedEntry = entry
  .extend({ balanceBefore: sum, balanceAfter: sum, heldBefore: sum, heldAfter: sum })
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
