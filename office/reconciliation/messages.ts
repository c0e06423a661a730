import type { EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift, type DriftKind } from '../../domain/reconciliation.ts';
import type { Sealer } from '../../platform/sealing.ts';
import { alteredTexts } from '../messages/index.ts';

interface MessageRow {
  order_id: string;
  kind: DriftKind;
  stage: string | null;
  messages: string;
}

/**
 * Compares the messages to parties' own servers with their orders: one finding an order, the first thing that is wrong. Reads only. Raw
 * and no view, as the other comparisons: the rules of the proof come with the program.
 */
export async function messageDrift(em: EntityManager): Promise<Drift[]> {
  const rows = await em.execute<MessageRow[]>(COMPARE);
  return rows.map(({ order_id: orderId, kind, stage, messages }) =>
    driftOf(kind, { orderId, detail: `${stage === null ? 'no order' : `order ${stage}`}; ${messages}` }),
  );
}

const COMPARE = `
  with sent as (
    select order_id, max(verdict) filter (where kind = 'presentation') as promise,
      min(receipted_at) filter (where verdict = 'refused' and kind = 'presentation') as refused_at,
      count(*) filter (where kind = 'presentation') > 0 as presented,
      count(distinct recipient) filter (where attempts > 0) as receivers,
      count(distinct recipient) filter (where kind in ('ended', 'withdrawn') and verdict is not null) as signers,
      count(*) filter (where kind in ('completed', 'paid') and verdict is not null) as notices,
      string_agg(kind || coalesce(' ' || attempt, '') || ' ' || coalesce(verdict, 'without receipt'), ', ' order by sent_at, id) as messages
    from party_messages group by order_id
  ), judged as (
    select sent.order_id, o.stage, sent.messages, case
      when o.id is null then 'message-without-order'
      when promise = 'refused' and exists (select 1 from order_events e where e.order_id = o.id
        and e.key = 'distribution_promised' and e.occurred_at > refused_at)
        then 'promise-differs'
      when promise = 'promised' and not exists (select 1 from order_events e where e.order_id = o.id and e.key = 'check_validated')
        then 'promise-unvalidated'
      when o.stage = 'completed' and presented and notices < 2 then 'completed-unreceipted'
      when o.ending is not null and o.stage in ('declined', 'rejected', 'expired', 'cancelled', 'refunded') and o.attention is null
        and signers < receivers and o.updated_at between now() - interval '30 days' and now() - interval '10 minutes' then 'end-unreceipted'
    end as kind
    from sent left join orders o on o.id = sent.order_id
  )
  select order_id, kind, stage, messages from judged where kind is not null order by order_id`;

/** So long ago a message is compared that nobody has compared since: older ones are judged when they are read. */
const COMPARED_DAYS = 100;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Opens what rests sealed of the last months' messages, and finds each text that is another one than was sent or signed. */
export async function textDrift(em: EntityManager, now: Date, sealer: Sealer): Promise<Drift[]> {
  const drifts: Drift[] = [];
  const since = new Date(now.getTime() - COMPARED_DAYS * DAY_MS);
  for await (const { orderId, part, detail } of alteredTexts(em, since, sealer))
    drifts.push(driftOf(part === 'message' ? 'message-altered' : 'receipt-altered', { orderId, detail }));
  return drifts;
}
