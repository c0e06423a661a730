import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Currency } from '../../domain/money.ts';
import { OPEN_STAGES, type Stage } from '../../domain/order.ts';
import { kyselyOf } from '../../entities/database.ts';

/** How the orders, the money and the messages stand: figures for alerts, each by an index that holds little more than what it counts. */
export interface Standing {
  /** Orders that have not ended, by stage; a stage at which none stands is not among them. */
  readonly open: readonly { readonly stage: Stage; readonly orders: number; readonly oldestSeconds: number }[];
  /** What the rows of orders that need a person say. */
  readonly attention: readonly { readonly step: string; readonly reason: string; readonly orders: number }[];
  /** In minor units. `overdue`: held for checks that ran out before they were accepted, and that nobody has expired yet. */
  readonly held: readonly { readonly currency: Currency; readonly minor: number; readonly overdueMinor: number }[];
  /** Messages to parties' own servers that are still being sent. */
  readonly messages: { readonly waiting: number; readonly oldestSeconds: number };
  readonly checks: { readonly overdue: number; readonly expiringWithinDay: number };
  readonly keys: {
    /** API keys that are good now and will not be in two weeks. */
    readonly apiKeysExpiring: number;
    /** Since the youngest key that signs checks was made; `null`: there is none. */
    readonly signingKeyAgeSeconds: number | null;
  };
}

/** One after the other: they take one connection, not all that there are for reading. */
export async function readStanding(em: EntityManager): Promise<Standing> {
  return {
    open: await openOrders(em),
    attention: await attentionRows(em),
    held: await heldMoney(em),
    messages: await waitingMessages(em),
    checks: await openChecks(em),
    keys: await keys(em),
  };
}

function openOrders(em: EntityManager) {
  return kyselyOf(em)
    .selectFrom('Order')
    .select(['stage', sql<number>`count(*)::int`.as('orders'), ageOf('min(created_at)').as('oldestSeconds')])
    .where('stage', 'in', OPEN_STAGES)
    .groupBy('stage')
    .execute();
}

function attentionRows(em: EntityManager) {
  return kyselyOf(em)
    .selectFrom('Order')
    .select([
      sql<string>`attention ->> 'step'`.as('step'),
      sql<string>`attention ->> 'reason'`.as('reason'),
      sql<number>`count(*)::int`.as('orders'),
    ])
    .where('attention', 'is not', null)
    .groupBy([sql`1`, sql`2`])
    .execute();
}

async function heldMoney(em: EntityManager): Promise<Standing['held']> {
  const held = await kyselyOf(em)
    .selectFrom('Account')
    .select(['currency', sql<string>`sum(held)::text`.as('minor')])
    .groupBy('currency')
    .execute();
  const overdue = await runOut(em)
    .select(['currency', sql<string>`sum(amount)::text`.as('minor')])
    .groupBy('currency')
    .execute();
  const overdueOf = new Map(overdue.map(({ currency, minor }) => [currency, Number(minor)]));
  return held.map(({ currency, minor }) => ({
    currency,
    minor: Number(minor),
    overdueMinor: overdueOf.get(currency) ?? 0,
  }));
}

/** A message is tried at least every hour while somebody waits for its receipt; what was left for longer is not sent any more. */
const STILL_SENT = sql<Date>`now() - interval '2 hours'`;

function waitingMessages(em: EntityManager) {
  return kyselyOf(em)
    .selectFrom('PartyMessage')
    .select([sql<number>`count(*)::int`.as('waiting'), ageOf('min(sent_at)').as('oldestSeconds')])
    .where('verdict', 'is', null)
    .where('lastAttemptAt', '>', STILL_SENT)
    .executeTakeFirstOrThrow();
}

async function openChecks(em: EntityManager): Promise<Standing['checks']> {
  return kyselyOf(em)
    .selectFrom('ECheck')
    .select([
      sql<number>`count(*) filter (where expires_at <= now())::int`.as('overdue'),
      sql<number>`count(*) filter (where expires_at > now())::int`.as('expiringWithinDay'),
    ])
    .where('status', 'in', ['issued', 'presented'])
    .where('expiresAt', '<=', sql<Date>`now() + interval '1 day'`)
    .executeTakeFirstOrThrow();
}

async function keys(em: EntityManager): Promise<Standing['keys']> {
  const { apiKeysExpiring } = await kyselyOf(em)
    .selectFrom('ApiKey')
    .select(sql<number>`count(*)::int`.as('apiKeysExpiring'))
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', sql<Date>`now()`)
    .where('expiresAt', '<=', sql<Date>`now() + interval '14 days'`)
    .executeTakeFirstOrThrow();
  const { age } = await kyselyOf(em)
    .selectFrom('SigningKey')
    .select(sql<number | null>`extract(epoch from now() - max(created_at))::float8`.as('age'))
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow();
  return { apiKeysExpiring, signingKeyAgeSeconds: age };
}

/** Checks that ran out before they were accepted. */
function runOut(em: EntityManager) {
  return kyselyOf(em)
    .selectFrom('ECheck')
    .where('status', 'in', ['issued', 'presented'])
    .where('expiresAt', '<=', sql<Date>`now()`);
}

/** In seconds; 0 where there is nothing. */
function ageOf(time: 'min(created_at)' | 'min(sent_at)') {
  return sql<number>`coalesce(extract(epoch from now() - ${sql.raw(time)}), 0)::float8`;
}
