import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { WEBHOOK_STATUSES } from '../domain/webhooks.ts';

/** What waits for webhooks of one status. One pass over what is pending, by its index. */
export const WebhookBacklog = defineEntity({
  name: 'WebhookBacklog',
  tableName: 'webhook_backlogs',
  view: true,
  expression: `
    with pending as (
      select webhook_id, count(*) as deliveries, min(id) as oldest from webhook_deliveries where status = 'pending' group by webhook_id
    ), summed as (
      select w.status, count(*) as webhooks, count(*) filter (where w.disabled_at is null and w.retry_at is not null) as open_breakers,
        coalesce(sum(p.deliveries), 0) as pending, min(p.oldest) as oldest
      from webhook_states w
        left join pending p on p.webhook_id = w.id
      group by w.status
    )
    select s.status, s.webhooks, s.open_breakers, s.pending,
      coalesce(extract(epoch from now() - d.created_at), 0) as oldest_seconds
    from summed s
      left join webhook_deliveries d on d.id = s.oldest`,
  properties: {
    status: p.enum(WEBHOOK_STATUSES).primary(),
    webhooks: p.bigint('number'),
    /** Of webhooks that are not disabled. */
    openBreakers: p.bigint('number'),
    pending: p.decimal('number'),
    /** Age of the oldest delivery; 0 when nothing is pending. */
    oldestSeconds: p.decimal('number'),
  },
});
export type WebhookBacklog = InferEntity<typeof WebhookBacklog>;
