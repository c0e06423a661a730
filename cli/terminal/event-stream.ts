import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import type { Session } from './session.ts';
import { TerminalError } from './terminal-error.ts';

/** An event of an order's timeline, as its buyer may know it. */
export interface OrderEvent {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly actor: string;
  readonly recipient: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly claims: readonly number[];
}

/** The last word of a stream: how the order ended. */
export interface Ended {
  readonly stage: string;
}

const AGAIN_AFTER_MS = 1_000;
/** The office sends a heartbeat every 15 seconds: what is silent for longer is dead. */
const SILENCE_MS = 40_000;

/**
 * What has happened to an order, and then what happens, each event once, until it has ended. A stream that breaks is opened again
 * where it broke off. Throws `TerminalError` when the order may not be read.
 */
export async function* orderEvents(session: Session, orderId: string): AsyncGenerator<OrderEvent, Ended> {
  const place: Place = { orderId };
  const seen = new Set<string>();
  for (;;) {
    for await (const { event: name, data } of messagesFrom(session, place)) {
      const said: unknown = JSON.parse(data);
      if (name === 'ended') return said as Ended;
      const event = said as OrderEvent;
      if (name !== undefined || seen.has(event.id)) continue;
      seen.add(event.id);
      yield event;
    }
    session.screen.waitFor('the stream of events broke off: opened again');
    await sleep(AGAIN_AFTER_MS);
  }
}

/** Where a stream has come to. */
interface Place {
  readonly orderId: string;
  lastEventId?: string;
}

/** The messages of one stream, until it ends or breaks off. Throws `TerminalError` alone. */
async function* messagesFrom(session: Session, place: Place): AsyncGenerator<EventSourceMessage> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await open(session, place, silence.signal);
    if (!response.ok || !response.body) return;
    const parser = new EventSourceParserStream({ onComment: () => void timer.refresh() });
    for await (const message of response.body.pipeThrough(new TextDecoderStream()).pipeThrough(parser)) {
      timer.refresh();
      place.lastEventId = message.id ?? place.lastEventId;
      yield message;
    }
  } catch (error) {
    // Whatever else breaks a stream, the next one goes on where it broke off.
    if (error instanceof TerminalError) throw error;
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

async function open({ url, token }: Session, { orderId, lastEventId }: Place, signal: AbortSignal): Promise<Response> {
  const resumed = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const headers = { authorization: `Bearer ${token}`, ...resumed };
  const response = await fetch(`${url}/v1/orders/${encodeURIComponent(orderId)}/events`, { headers, signal });
  if (REFUSED.includes(response.status)) throw unreadable(orderId, response.status);
  return response;
}

const REFUSED: readonly number[] = [400, 401, 403, 404];

function unreadable(orderId: string, status: number): TerminalError {
  if (status === 401) return new TerminalError('The token is not good, or not any more.', 'Give another one: --token');
  return new TerminalError(
    `There is no order ${orderId} for this buyer.`,
    'Look at the id, and at the token (--token).',
  );
}
