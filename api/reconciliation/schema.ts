import { z } from 'zod';
import { instant, listOf } from '../http/parsing.ts';

const finding = z
  .object({
    kind: z.string(),
    orderId: z.string().nullable(),
    accountId: z.string().nullable(),
    detail: z.string().meta({ description: 'What differs, with both values.' }),
    whatToDo: z.string(),
  })
  .meta({ id: 'ReconciliationFinding' });

const run = z
  .object({
    id: z.string(),
    startedAt: instant,
    endedAt: instant.nullable(),
    status: z.enum(['running', 'completed', 'failed']),
    failure: z.string().nullable().meta({ description: 'Why it failed, in one line.' }),
    found: z.int().nullable().meta({ description: 'How much does not agree; null while it is not known.' }),
    findings: z.array(finding).meta({ description: 'Of those the first hundred.' }),
    swept: z.int().nullable().meta({ description: 'Orders that it ended because their check had run out.' }),
  })
  .meta({ id: 'Reconciliation' });

export const reconciliationList = listOf(run, 'ReconciliationList');

export const startedReconciliation = z.object({ id: z.string() }).meta({ id: 'StartedReconciliation' });
