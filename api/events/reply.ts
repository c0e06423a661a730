import { finished } from 'node:stream';
import type { Response } from 'express';
import type { OrderId } from '../../domain/ids.ts';
import { OUTBOX_START, placeOfEvent, recognisePlace } from '../../office/outbox/places.ts';
import { scopeOf, type Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import { follow, type Follower, type Following, type Sink } from './follow.ts';
import { printPlace, readPlace } from './place.ts';
import { openStream, type Opening } from './stream.ts';

interface Wanted {
  readonly orderId?: OrderId;
  readonly lastEventId: string | undefined;
}

/** A stream of the events that concern a party: of one order from its beginning, otherwise of all its orders from now on. */
export function followParty(deps: ApiDeps, party: Party, wanted: Wanted) {
  return { status: 200, stream: (response: Response) => streamTo(response, deps, { party, wanted }) } as const;
}

async function streamTo(response: Response, deps: ApiDeps, asked: { party: Party; wanted: Wanted }): Promise<void> {
  const { events, orm, logger } = deps;
  let sink: Sink | undefined;
  let follower: Follower | undefined;
  const leave = events.streams.enter(asked.party, () => (sink ? sink.end() : response.destroy()));
  // Called once, however the stream ends, and also when the receiver left before it began.
  finished(response, () => {
    leave();
    follower?.leave();
  });
  // Until the answer begins, a failure is an ordinary problem; `finished` hears of it when it has been sent.
  const { opening, following } = await beginning(deps, asked);
  follower = await follow(events, following);
  if (response.destroyed) return follower.leave();
  const resumeId = opening.from === 'last_event_id' ? undefined : await resumeIdOf(deps, follower.place);
  const { expiresAt: expiresAtMs } = asked.party;
  sink = openStream(response, { opening, resumeId, expiresAtMs, times: events.times });
  // The answer has begun: the receiver comes again by itself and resumes.
  const failed = (error: unknown): void => logger.warn({ err: error }, 'a stream could not be followed');
  await follower.send(orm.em.fork(), sink, failed);
}

/**
 * Where the stream begins. A place that is not of this database's history says nothing about what its client has seen: everything
 * is sent, rather twice than not at all.
 */
async function beginning(
  { orm, logger }: ApiDeps,
  { party, wanted: { orderId, lastEventId } }: { party: Party; wanted: Wanted },
): Promise<{ opening: Opening; following: Following }> {
  const scope = scopeOf(party);
  const remembered = readPlace(lastEventId);
  if (!remembered) {
    const after = orderId === undefined ? undefined : OUTBOX_START;
    return {
      opening: { from: orderId === undefined ? 'now' : 'start', orderId },
      following: { scope, orderId, after },
    };
  }
  const after = await recognisePlace(orm.em.fork(), remembered);
  if (after === undefined)
    logger.warn({ party: party.id, orderId, lastEventId }, 'an unknown Last-Event-ID: all is sent');
  const from = after === undefined ? 'unknown_last_event_id' : 'last_event_id';
  return { opening: { from, orderId }, following: { scope, orderId, after: after ?? OUTBOX_START } };
}

async function resumeIdOf({ orm }: ApiDeps, place: bigint): Promise<string> {
  return printPlace(await placeOfEvent(orm.em.fork(), place));
}
