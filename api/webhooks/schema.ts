import { z } from 'zod';
import { WEBHOOK_ID } from '../../domain/ids.ts';
import { ROLES } from '../../domain/party.ts';
import { EVENT_CLAIMS } from '../../domain/timeline.ts';
import { DELIVERY_STATUSES, DISABLED_REASONS, WEBHOOK_STATUSES } from '../../domain/webhooks.ts';
import { instant, listOf, pageOf } from '../http/parsing.ts';

const EVENT_TYPES = Object.keys(EVENT_CLAIMS);

export const webhookId = z.string().regex(WEBHOOK_ID).meta({ id: 'WebhookId' });

export const deliveryId = z.string().regex(/^[1-9][0-9]{0,17}$/);

/** An address that is read as one although it holds NUL cannot be kept: PostgreSQL takes none. */
const isOneLine = (url: string) => !/\p{Cc}/u.test(url);

export const newWebhook = z
  .strictObject({
    url: z.string().max(2000).refine(isOneLine, 'must not hold control characters').meta({
      description:
        'https, to a public address. With the setting WEBHOOK_PRIVATE_TARGETS=true also http, private and loopback addresses.',
      format: 'uri',
    }),
    types: z
      .array(z.enum(EVENT_TYPES))
      .min(1)
      .max(EVENT_TYPES.length)
      .optional()
      .meta({ description: 'Types of the timeline. Absent: every one.' }),
  })
  .meta({ id: 'NewWebhook', example: { url: 'https://example.com/countersign', types: ['order_completed'] } });

export const webhookStatus = z.enum(WEBHOOK_STATUSES);

const disabled = z
  .object({
    reason: z.enum(DISABLED_REASONS).meta({
      description:
        '`gone`: the receiver answered 410; `failing`: nothing but failures for three days; `forbidden_target`: its name leads ' +
        "to a private address; `party_forgotten`: the secret was deleted with the party's data.",
    }),
    since: instant,
  })
  .meta({ id: 'WebhookDisabled' });

const failing = z
  .object({
    since: instant,
    attempts: z.int(),
    lastError: z.string(),
    nextAttemptAt: instant.nullable().meta({
      description: 'Set once five failed in a row, or when the receiver asked for a wait: one event is tried then.',
    }),
  })
  .meta({ id: 'WebhookFailing' });

export const webhook = z
  .object({
    id: webhookId,
    partyId: z.string(),
    role: z.enum(ROLES),
    url: z.string(),
    types: z.array(z.string()).nullable(),
    createdAt: instant,
    status: webhookStatus.meta({
      description: '`failing`: the last attempt failed, even if it was the first one. `disabled`: nothing is sent.',
    }),
    disabled: disabled.nullable(),
    failing: failing.nullable(),
    pending: z.int().meta({ description: 'Deliveries that wait; 1000 means that many or more.' }),
  })
  .meta({ id: 'Webhook' });

export const webhookWithSecret = webhook
  .extend({
    secret: z
      .string()
      .meta({ description: 'Shown this once: verify `webhook-signature` with it (Standard Webhooks).' }),
  })
  .meta({ id: 'WebhookWithSecret' });

export const webhookList = pageOf(webhook, 'WebhookList');

export const deliveryStatus = z.enum(DELIVERY_STATUSES);

export const deliveryList = listOf(
  z
    .object({
      id: deliveryId,
      orderId: z.string(),
      eventId: z.string(),
      type: z.string(),
      status: deliveryStatus,
      attempts: z.int(),
      lastError: z.string().nullable(),
      updatedAt: instant,
    })
    .meta({ id: 'WebhookDelivery' }),
  'WebhookDeliveryList',
);
