import type { EntityManager } from '@mikro-orm/postgresql';
import type { Stage } from '../../domain/stages.ts';

/** An order that waits for one of its parties, as it may: nothing is wrong with it, unless it waits for too long. */
export interface WaitingOrder {
  readonly id: string;
  readonly stage: Stage;
  /** A party's id. */
  readonly waitingFor: string;
  readonly what: string;
  readonly since: Date;
}

export interface WaitingFilter {
  /** Only what waits for this party. */
  readonly party?: string;
  readonly stage?: Stage;
  /** Also deliveries that are on their way in time. */
  readonly all?: boolean;
}

const MOST_ROWS = 1_000;

/** Lists what waits for a party and needs nobody else, the longest first: whom and what for follows from the stage and what is on record. */
export async function waitingOrders(em: EntityManager, filter: WaitingFilter = {}): Promise<WaitingOrder[]> {
  const { party = null, stage = null, all = false } = filter;
  const rows = await em.execute<WaitingOrder[]>(WAITING, [party, party, stage, stage, all, MOST_ROWS]);
  return rows.map((row) => ({ ...row, since: new Date(row.since) }));
}

/** Whether somebody has this id for whom an order could wait. */
export async function isParty(em: EntityManager, id: string): Promise<boolean> {
  const [known] = await em.execute<object[]>(
    `select id from accounts where id = ? union all select id from sellers where id = ?
     union all select id from distributors where id = ? limit 1`,
    [id, id, id],
  );
  return known !== undefined;
}

/** Notes for people do not end a wait. */
const WAITING = `
  with standing as (
    select o.*, exists (select from order_events e where e.order_id = o.id and e.key = 'payment_indicated') as paid_for,
      (select max(e.occurred_at) from order_events e where e.order_id = o.id
         and e.type not in ('attention_raised', 'attention_cleared', 'intervention_made')) as since
    from orders o where o.attention is null and o.stage in ('check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution')
  ), waiting as (
    select id, stage, coalesce(since, created_at) as since, deliver_at,
      case when stage = 'presented' then seller_id
        when stage = 'check_issued' or stage = 'accepted' and not paid_for then buyer_id else distributor_id end as "waitingFor",
      case when stage = 'check_issued' then 'to present the check' when stage = 'presented' then 'to accept or refuse'
        when stage = 'accepted' and not paid_for then 'to indicate the payment'
        when stage = 'accepted' then 'to fix date and time' else 'to deliver' end as what
    from standing
  )
  select id, stage, since, "waitingFor", what from waiting
  where (?::text is null or "waitingFor" = ?::text) and (?::text is null or stage = ?::text)
    and (?::boolean or deliver_at is null or deliver_at < now())
  order by since, id limit ?`;
