import { z } from 'zod';
import { listOf } from '../http/parsing.ts';
import { ROLES } from '../../domain/party.ts';

const demoToken = z.object({ party: z.string(), role: z.enum(ROLES), token: z.string() }).meta({ id: 'DemoToken' });
export type DemoToken = z.output<typeof demoToken>;

export const demoTokens = z.object({ tokens: z.array(demoToken) }).meta({ id: 'DemoTokens' });

export const liveness = z.object({ status: z.literal('live') }).meta({ id: 'Liveness' });

export const readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
    troubles: z.array(z.string()).meta({
      description:
        'What keeps orders from going on and they cannot say themselves, by what Temporal and the database know.',
    }),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.output<typeof readiness>;

export const jwks = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: 'JwkSet', description: 'RFC 7517.' });

export const problemType = z
  .object({
    type: z.string(),
    status: z.int(),
    title: z.string(),
    meaning: z.string(),
    whatToDo: z.string(),
  })
  .meta({ id: 'ProblemType' });
export const problemTypeList = listOf(problemType, 'ProblemTypeList');
