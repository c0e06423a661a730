import { scopeOf, type Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { Reply } from '../endpoint.ts';
import { Problem } from '../http/problem.ts';
import type { OutboxPlace } from '../../office/outbox.ts';
import { follow } from './follow.ts';
import { openStream, readPlace } from './stream.ts';

interface Wanted {
  readonly orderId?: string;
  readonly lastEventId: string | undefined;
  /** Where to begin without a Last-Event-ID. Absent: now. */
  readonly otherwise?: OutboxPlace;
}

/** How many streams a party may hold open at once in one process. */
const MAX_STREAMS = 1_000;
const open = new Map<string, number>();

/** Counts a stream in; what it returns counts it out. Throws `too-many-requests` when the party holds too many. */
function enter({ id }: Party): () => void {
  const count = (open.get(id) ?? 0) + 1;
  if (count > MAX_STREAMS) {
    throw new Problem('too-many-requests', `This party holds ${MAX_STREAMS} streams open: close one first.`, {
      headers: { 'Retry-After': '60' },
    });
  }
  open.set(id, count);
  return () => {
    const left = (open.get(id) ?? 1) - 1;
    if (left === 0) open.delete(id);
    else open.set(id, left);
  };
}

/** A stream of the events that concern a party. */
export function followParty(deps: ApiDeps, party: Party, { orderId, lastEventId, otherwise }: Wanted): Reply {
  const { expiresAt } = party;
  const scope = scopeOf(party);
  const after = readPlace(lastEventId) ?? otherwise;
  return {
    status: 200,
    async stream(response) {
      response.once('close', enter(party));
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
