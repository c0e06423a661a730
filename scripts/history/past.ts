import type { EntityManager } from '@mikro-orm/postgresql';
import { createOrderActivities, type OrderActivities } from '../../activities/index.ts';
import type { OrderId } from '../../domain/ids.ts';
import { createCheckSigning, type KeyRing } from '../../office/checks/index.ts';
import type { Orm } from '../../platform/orm.ts';
import type { Sealer } from '../../platform/sealing.ts';
import { CHECK_LIFETIME_MS } from './plan.ts';

/** The check office at a moment of the past: its own steps, with a clock that is set. */
export interface Past {
  /** Works inside the history's one transaction. */
  readonly orm: Orm;
  readonly steps: OrderActivities;
  readonly sealer: Sealer;
  readonly clock: () => Date;
  setClock(at: Date): void;
  /** Gives the moment of the clock to everything that was written of the order since the last time. */
  dateOrder(orderId: OrderId): Promise<void>;
  /** The same of a transfer that concerns no order, by its key. */
  dateTransfer(key: string, at?: Date): Promise<void>;
}

export interface PastOptions {
  readonly orm: Orm;
  /** As the owner of the database, who alone may change a time that was written. */
  readonly tx: EntityManager;
  readonly keyRing: KeyRing;
  readonly sealer: Sealer;
  readonly issuer: string;
  readonly statusListUri: string;
}

/** Opens the past inside the caller's transaction: all of the history is there at once, or nothing of it. */
export async function openPast({
  orm: outside,
  tx,
  keyRing,
  sealer,
  issuer,
  statusListUri,
}: PastOptions): Promise<Past> {
  const orm = within(outside, tx);
  let now = new Date(0);
  const clock = (): Date => now;
  const signing = createCheckSigning({ orm, keyRing, issuer, statusListUri, now: () => now.getTime() });
  const steps = createOrderActivities({ orm, signing, sealer, clock, checkLifetimeMs: CHECK_LIFETIME_MS });
  // The moment that the database writes in this transaction: whatever has it is not dated yet.
  const [{ since = '' } = {}] = await tx.execute<{ since?: string }[]>('select to_json(now()) as since');
  return {
    orm,
    steps,
    sealer,
    clock,
    setClock: (at) => void (now = at),
    dateOrder: (orderId) => dating(tx, DATE_ORDER, orderParameters(orderId, now.toISOString(), since)),
    dateTransfer: (key, at = now) => dating(tx, DATE_TRANSFER, [at.toISOString(), key, at.toISOString()]),
  };
}

/** The same database, whose every transaction is a part of this one. */
function within(orm: Orm, tx: EntityManager): Orm {
  const em = { fork: () => tx.fork({ keepTransactionContext: true }) };
  return Object.create(orm, { em: { value: em } }) as Orm;
}

/** Times come from the database and are never changed: its triggers see to that, also with its owner, unless it says otherwise for a statement. */
async function dating(tx: EntityManager, statement: string, parameters: readonly unknown[]): Promise<void> {
  await tx.execute(`set local session_replication_role = 'replica'`);
  await tx.execute(statement, [...parameters]);
  await tx.execute(`set local session_replication_role = 'origin'`);
}

/** What came with a time of its own, such as a distributor's report, keeps it. Events of one step follow each other by milliseconds. */
const DATE_ORDER = `
  with dated_events as (
    update order_events e set occurred_at = ?::timestamptz + (e.id - first.id) * interval '7 milliseconds'
    from (select min(id) as id from order_events where order_id = ? and occurred_at >= ?) first
    where e.order_id = ? and e.occurred_at >= ?
  ), dated_transfers as (
    update transfers set created_at = ? where order_id = ? and created_at >= ?
  ), dated_entries as (
    update entries set created_at = ? from transfers t where t.order_id = ? and entries.transfer_id = t.id and entries.created_at >= ?
  ), dated_reports as (
    update distribution_reports set recorded_at = ? where order_id = ? and recorded_at >= ?
  ), dated_checks as (
    update echecks set updated_at = ? where order_id = ? and updated_at >= ?
  )
  update orders set updated_at = ? where id = ? and updated_at >= ?`;

function orderParameters(orderId: OrderId, at: string, since: string): string[] {
  const each = [at, orderId, since];
  return [at, orderId, since, orderId, since, ...each, ...each, ...each, ...each, ...each];
}

const DATE_TRANSFER = `
  with dated as (update transfers set created_at = ? where key = ? returning id)
  update entries set created_at = ? from dated where entries.transfer_id = dated.id`;
