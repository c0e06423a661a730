import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ROLES } from '../domain/party.ts';
import { DISABLED_REASONS, WEBHOOK_STATUSES } from '../domain/webhooks.ts';

/** A webhook without its secrets, with how its receiver does and how many deliveries wait for it. */
export const WebhookState = defineEntity({
  name: 'WebhookState',
  tableName: 'webhook_states',
  view: true,
  expression: `
    select w.id, w.party_id, w.role, w.url, w.types, w.created_at,
      ((extract(epoch from w.created_at) * 1000000))::bigint as created_at_micros,
      case when w.disabled_at is not null then 'disabled' when w.failing_since is not null then 'failing' else 'active' end as status,
      w.failures, w.failing_since, w.last_error, w.retry_at, w.disabled_at, w.disabled_reason,
      (select count(*) from (select d.id from webhook_deliveries d
        where d.webhook_id = w.id and d.status = 'pending' limit 1000) few) as pending
    from webhooks w`,
  properties: {
    id: p.text().primary(),
    partyId: p.text(),
    role: p.enum(ROLES),
    url: p.text(),
    /** `null`: events of every type. */
    types: p.json<string[]>().nullable(),
    createdAt: p.datetime(),
    /** The same in microseconds since the epoch, which a `Date` does not hold: a place in a list. */
    createdAtMicros: p.bigint('bigint'),
    status: p.enum(WEBHOOK_STATUSES),
    failures: p.integer(),
    failingSince: p.datetime().nullable(),
    lastError: p.text().nullable(),
    retryAt: p.datetime().nullable(),
    disabledAt: p.datetime().nullable(),
    disabledReason: p.enum(DISABLED_REASONS).nullable(),
    /** At most 1,000: of more nobody needs the figure, and counting costs. */
    pending: p.bigint('number'),
  },
});
export type WebhookState = InferEntity<typeof WebhookState>;
