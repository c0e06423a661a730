import { z } from 'zod';
import { EVENT_CLAIMS, EVENT_TYPES, type EventType } from '../../domain/timeline.ts';
import { instant, openObject, orderId } from '../http/parsing.ts';
import { stage } from '../orders/schema.ts';
import { EVENT_BODIES } from './event-bodies.ts';

/** `payment_settled` → `PaymentSettledEvent`: the name of its schema. */
function schemaNameOf(type: EventType): string {
  return `${type.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`;
}

function eventOf(type: EventType) {
  const { meaning, members } = EVENT_BODIES[type];
  const claims = EVENT_CLAIMS[type];
  return openObject({
    orderId,
    id: z.string().meta({ description: 'Grows in the order of recording.' }),
    type: z.literal(type),
    occurredAt: instant,
    actor: z
      .string()
      .meta({ description: 'A party, `service` or `check-office`; for operators also who acted for it.' }),
    recipient: z.string().nullable(),
    body: openObject(members),
    claims: z.array(z.int()).meta({ description: 'Numbers of the claims that it shows (docs/claims.md).' }),
  }).meta({
    id: schemaNameOf(type),
    description: claims.length === 0 ? meaning : `${meaning} Shows claims ${claims.join(', ')}.`,
  });
}

const [first, ...others] = EVENT_TYPES.map(eventOf);
if (!first) throw new Error('there are no types of events');

/** An event of an order, the same in its timeline, in streams and in webhooks: as far as whoever gets it may know it. */
export const orderEvent = z.discriminatedUnion('type', [first, ...others]).meta({
  id: 'OrderEvent',
  description: 'What happened to an order, when, by whom, to whom, as far as whoever reads it may know.',
});

export const timeline = z.object({ data: z.array(orderEvent) }).meta({ id: 'Timeline' });

/** One event of a stream of Server-Sent Events, field by field; `data` is JSON on one line. */
const streamOpened = openObject({
  event: z.literal('opened'),
  retry: z.int(),
  data: openObject({
    from: z.enum(['start', 'now', 'last_event_id', 'unknown_last_event_id']).meta({
      description:
        "`unknown_last_event_id`: it is not of this installation's history, and everything is sent again: forget the ids that you know.",
    }),
    orderId: orderId.optional(),
  }),
}).meta({ id: 'StreamOpened', description: 'The first of every stream: where it begins.' });

const streamedEvent = openObject({
  id: z.string().meta({
    description: 'Send it back as `Last-Event-ID` to go on after it.',
    example: 'e1f0c3a2b-42',
  }),
  data: orderEvent,
}).meta({ id: 'StreamedOrderEvent', description: 'Without a name (`message` in a browser): an event of an order.' });

const streamEnded = z.object({ event: z.literal('ended'), retry: z.int(), data: openObject({ orderId, stage }) }).meta({
  id: 'StreamEnded',
  description:
    "The last of an ended order's stream: close it, and do not come again, unless to see what came later, such as a refund.",
});

export const streamMessage = z.union([streamedEvent, streamOpened, streamEnded]).meta({
  id: 'StreamMessage',
  description: 'One of the events of a stream, with its fields as names; `data` is JSON on one line.',
});

/** The body of a webhook's request. */
export const webhookMessage = openObject({
  type: z.enum(EVENT_TYPES),
  timestamp: instant.meta({ description: 'When it happened.' }),
  data: orderEvent,
}).meta({ id: 'WebhookMessage', description: 'An event of an order, in the envelope of Standard Webhooks.' });
