import type { EntityManager } from '@mikro-orm/postgresql';
import type { WebhookStatus } from './view.ts';

/** What waits for webhooks of one status. */
export interface WebhookBacklog {
  readonly status: WebhookStatus;
  readonly webhooks: number;
  readonly openBreakers: number;
  readonly pending: number;
  /** 0 when nothing is pending. */
  readonly oldestSeconds: number;
}

/** How webhooks do as a whole, by status. One pass over what is pending, by its index. */
export async function readWebhookBacklog(em: EntityManager): Promise<WebhookBacklog[]> {
  return em.execute<WebhookBacklog[]>(BACKLOG);
}

const BACKLOG = `
  with pending as (
    select webhook_id, count(*) as deliveries, min(id) as oldest from webhook_deliveries where status = 'pending'
    group by webhook_id
  ),
  judged as (
    select case when disabled_at is not null then 'disabled' when failing_since is not null then 'failing' else 'active' end
        as status, disabled_at is null and retry_at is not null as open, coalesce(p.deliveries, 0) as deliveries, p.oldest
    from webhooks w left join pending p on p.webhook_id = w.id
  ),
  summed as (
    select status, count(*)::int as webhooks, count(*) filter (where open)::int as open,
      sum(deliveries)::float8 as pending, min(oldest) as oldest from judged group by status
  )
  select s.status, s.webhooks, s.open as "openBreakers", s.pending,
    coalesce(extract(epoch from now() - d.created_at), 0)::float8 as "oldestSeconds"
  from summed s left join webhook_deliveries d on d.id = s.oldest`;
