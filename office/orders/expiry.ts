import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { kyselyOf } from '../../entities/database.ts';
import type { Orm } from '../../platform/orm.ts';
import { expireHold } from '../ledger/index.ts';
import { recordStep } from './step-record.ts';

export interface Sweep {
  readonly now: Date;
  /**
   * Whether the order's workflow has the say: one that runs expires its own check, at its own moment; one that has come to its own end has done
   * more than the record holds, as after a restore of the database to an older moment.
   */
  readonly isWorkflows: (orderId: OrderId) => Promise<boolean>;
  /** The most checks that one sweep looks at, oldest first. Default 1,000. */
  readonly limit?: number;
}

export interface Swept {
  /** Orders whose check was expired and whose hold was released now. */
  readonly expired: readonly OrderId[];
  /** Orders whose check has run out and that are their workflow's, or moved on meanwhile. */
  readonly leftAlone: readonly OrderId[];
}

/**
 * Expires the checks that ran out before they were accepted and about which no workflow has the say, each in a transaction of its
 * own: check expired, hold released, order ended. An accepted check is promised money and never expires.
 */
export async function expireChecks(orm: Orm, sweep: Sweep): Promise<Swept> {
  const expired: OrderId[] = [];
  const leftAlone: OrderId[] = [];
  for (const orderId of await runOut(orm.em.fork(), sweep)) {
    const ended = !(await sweep.isWorkflows(orderId)) && (await expireOrder(orm, orderId, sweep.now));
    (ended ? expired : leftAlone).push(orderId);
  }
  return { expired, leftAlone };
}

async function runOut(em: EntityManager, { now, limit = 1_000 }: Sweep): Promise<OrderId[]> {
  const checks = await runOutChecks(em, now).select('orderId').orderBy('expiresAt').limit(limit).execute();
  return checks.map(({ orderId }) => orderId);
}

/** A check that was accepted, or is settled, is not among them. */
function runOutChecks(em: EntityManager, now: Date) {
  return kyselyOf(em).selectFrom('ECheck').where('status', 'in', ['issued', 'presented']).where('expiresAt', '<=', now);
}

/** `false` when the order moved on since it was listed: then nothing was changed. */
function expireOrder(orm: Orm, orderId: OrderId, now: Date): Promise<boolean> {
  return orm.em.fork().transactional(async (tx) => {
    await kyselyOf(tx).selectFrom('Order').select('id').where('id', '=', orderId).forNoKeyUpdate().execute();
    const due = await runOutChecks(tx, now).select('number').where('orderId', '=', orderId).executeTakeFirst();
    if (!due) return false;
    const ended: NewEvent = {
      key: 'order_ended',
      type: 'order_expired',
      actor: 'check-office',
      body: { number: due.number, reason: 'the check ran out' },
    };
    const { recorded } = await recordStep(tx, {
      orderId,
      stage: 'expired',
      check: 'expired',
      ending: { stage: 'expired', reason: 'The check ran out.', actor: 'check-office' },
      paymentStatus: 'voided',
      events: [ended],
    });
    if (recorded) await expireHold(tx, orderId);
    return recorded;
  });
}
