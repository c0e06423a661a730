import type { ZodOpenApiPathItemObject } from 'zod-openapi';
import { z } from 'zod';
import { webhookMessage } from '../events/schema.ts';

const headers = z.object({
  'webhook-id': z.string().meta({
    description: 'Of the event, the same on every try: what was received before need not be handled again.',
    example: 'evt_42',
  }),
  'webhook-timestamp': z.string().meta({
    description: 'When this try was made, in seconds since 1970: a receiver refuses what is minutes old.',
    example: '1764060000',
  }),
  'webhook-signature': z.string().meta({
    description:
      'One signature or, for a day after the secret was rotated, two with a blank between: `v1,` and the base64 HMAC-SHA256 of ' +
      '`{webhook-id}.{webhook-timestamp}.{body as it came}`, with the secret without `whsec_`, from base64.',
    example: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }),
});

/** What the service itself sends, for the `webhooks` of the OpenAPI document; how it is sent, activities/webhook-delivery.ts says. */
export const sentWebhooks: Readonly<Record<string, ZodOpenApiPathItemObject>> = {
  orderEvent: {
    post: {
      operationId: 'receiveOrderEvent',
      tags: ['Webhooks'],
      summary: "An event of one of the party's orders, sent to its webhook's url",
      description:
        'Signed as Standard Webhooks has it (https://www.standardwebhooks.com). Events of one order come one after the other, in order, each ' +
        'at least once. Whatever is not answered by 2xx within ten seconds is sent again: after 5 seconds, then after as long as it has waited ' +
        'already, at most half an hour, for three days; then that delivery is `dead`, and the order goes on with the next.',
      security: [],
      requestParams: { header: headers },
      requestBody: { required: true, content: { 'application/json': { schema: webhookMessage } } },
      responses: {
        '2XX': { description: 'Received: it is not sent again. The body is not read.' },
        '410': { description: 'Nobody is here any more: the webhook is disabled.' },
        '429': { description: 'Too many: with `Retry-After`, nothing is sent before then (an hour at most).' },
        '503': { description: 'Not now: with `Retry-After`, nothing is sent before then (an hour at most).' },
        default: { description: 'A failure, as is no answer: it is sent again.' },
      },
    },
  },
};
