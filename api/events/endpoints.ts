import { finished } from 'node:stream';
import type { Response } from 'express';
import type { OrderId } from '../../domain/ids.ts';
import { mayKnowPersonal } from '../../domain/need-to-know.ts';
import { projectEvent } from '../../domain/need-to-know-events.ts';
import { openEvent } from '../../office/orders/index.ts';
import { OUTBOX_START, placeOfEvent, recognisePlace } from '../../office/outbox/index.ts';
import { scopeOf, type Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { orderParams } from '../orders/schema.ts';
import { streamMessage } from './schema.ts';
import { openStream, printEventId, readEventId, type Opening } from './event-stream.ts';
import {
  subscribe,
  type EventFilter,
  type EventSink,
  type EventSubscription,
  type ShowEvent,
} from './event-subscription.ts';

const tag = 'Events';
const description =
  'Server-Sent Events. First one named `opened`, whose `from` says where the stream begins: `start`, `now`, `last_event_id`, or ' +
  "`unknown_last_event_id` (not of this installation's history: everything is sent again). Then events without a name: `id` resumes " +
  '(send it back as `Last-Event-ID`), `data` is an event of the timeline with its `orderId`.';
const responses = {
  200: { description: 'A stream of events.', schema: streamMessage, contentType: 'text/event-stream' },
} as const;

export const streamOrderEvents = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/events',
  operationId: 'streamOrderEvents',
  tag,
  summary: 'Follow one order: first what has happened, then what happens',
  description:
    `${description} After the last event of an order that has ended comes one named \`ended\` with its \`stage\`, and the stream ` +
    'ends: do not open it again, unless to see what came later, such as a refund.',
  params: orderParams,
  responses,
  problems: ['invalid-request'],
  answer: async ({ order, party, lastEventId }, deps) =>
    eventStream(deps, party, { orderId: order.view.id, lastEventId }),
});

export const streamEvents = endpoint({
  method: 'get',
  path: '/v1/events',
  operationId: 'streamEvents',
  tag,
  summary: "Follow all one's own orders, from now on",
  description,
  responses,
  problems: ['invalid-request'],
  answer: async ({ party, lastEventId }, deps) => eventStream(deps, party, { lastEventId }),
});

interface Wanted {
  readonly orderId?: OrderId;
  readonly lastEventId: string | undefined;
}

/** A stream of the events that concern a party: of one order from its beginning, otherwise of all its orders from now on. */
function eventStream(deps: ApiDeps, party: Party, wanted: Wanted) {
  return { status: 200, stream: (response: Response) => streamTo(response, deps, { party, wanted }) } as const;
}

async function streamTo(response: Response, deps: ApiDeps, asked: { party: Party; wanted: Wanted }): Promise<void> {
  const { events, orm, logger } = deps;
  let sink: EventSink | undefined;
  let subscription: EventSubscription | undefined;
  const leave = events.streams.enter(asked.party, () => (sink ? sink.end() : response.destroy()));
  // Called once, however the stream ends, and also when the receiver left before it began.
  finished(response, () => {
    leave();
    subscription?.unsubscribe();
  });
  // Until the answer begins, a failure is an ordinary problem; `finished` is called when it has been sent.
  const { opening, filter } = await beginning(deps, asked);
  subscription = await subscribe(events, filter, shownTo(deps, asked.party));
  if (response.destroyed) return subscription.unsubscribe();
  const resumeId = opening.from === 'last_event_id' ? undefined : await resumeIdOf(deps, subscription.position);
  const { expiresAt: expiresAtMs } = asked.party;
  sink = openStream(response, { opening, resumeId, expiresAtMs, times: events.times });
  // The answer has begun: the client connects again by itself and resumes.
  const failed = (error: unknown): void => logger.warn({ err: error }, 'a stream could not be followed');
  await subscription.send(orm.em.fork(), sink, failed);
}

/**
 * Where the stream begins. An event id that is not of this database's history says nothing about what its client has seen:
 * everything is sent, rather twice than not at all.
 */
async function beginning(
  { orm, logger }: ApiDeps,
  { party, wanted: { orderId, lastEventId } }: { party: Party; wanted: Wanted },
): Promise<{ opening: Opening; filter: EventFilter }> {
  const scope = scopeOf(party);
  const remembered = readEventId(lastEventId);
  if (!remembered) {
    const after = orderId === undefined ? undefined : OUTBOX_START;
    return {
      opening: { from: orderId === undefined ? 'now' : 'start', orderId },
      filter: { scope, orderId, after },
    };
  }
  const after = await recognisePlace(orm.em.fork(), remembered);
  if (after === undefined)
    logger.warn({ party: party.id, orderId, lastEventId }, 'an unknown Last-Event-ID: all is sent');
  const from = after === undefined ? 'unknown_last_event_id' : 'last_event_id';
  return { opening: { from, orderId }, filter: { scope, orderId, after: after ?? OUTBOX_START } };
}

/** Events as that party may know them, opened for it. */
function shownTo({ sealer, clock }: ApiDeps, { role }: Party): ShowEvent {
  return async (event) => {
    const viewer = { role, parties: event.parties, personal: mayKnowPersonal(role, event.endedAt, clock()) };
    const shown = projectEvent(event.event, viewer);
    return shown && { ...event, event: await openEvent(sealer, shown) };
  };
}

async function resumeIdOf({ orm }: ApiDeps, place: bigint): Promise<string> {
  return printEventId(await placeOfEvent(orm.em.fork(), place));
}
