import { scopeOf, type Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { Reply } from '../endpoint.ts';
import type { OutboxPlace } from '../../office/outbox.ts';
import { follow } from './follow.ts';
import { openStream, readPlace } from './stream.ts';

interface Wanted {
  readonly orderId?: string;
  readonly lastEventId: string | undefined;
  /** Where to begin without a Last-Event-ID. Absent: now. */
  readonly otherwise?: OutboxPlace;
}

/** A stream of the events that concern a party. */
export function followParty(deps: ApiDeps, party: Party, { orderId, lastEventId, otherwise }: Wanted): Reply {
  const { expiresAt } = party;
  const scope = scopeOf(party);
  const after = readPlace(lastEventId) ?? otherwise;
  return {
    status: 200,
    async stream(response) {
      const sink = openStream(response, expiresAt);
      const stop = await follow(deps.events, deps.orm.em.fork(), { scope, orderId, after }, sink).catch(
        (error: unknown) => {
          // The answer has begun: the receiver comes again by itself and resumes.
          deps.logger.warn({ err: error }, 'a stream could not be followed');
          sink.end();
        },
      );
      if (sink.closed) stop?.();
      else response.once('close', () => stop?.());
    },
  };
}
