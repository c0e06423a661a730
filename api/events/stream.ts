import type { Response } from 'express';
import type { OutboxPlace } from '../../office/outbox.ts';
import { Problem } from '../http/problem.ts';
import type { Sink } from './follow.ts';

const HEARTBEAT_MS = 15_000;
/** What a receiver may leave unread; a slower one is cut off and resumes from its last event. */
const MAX_UNREAD_BYTES = 1_000_000;
const MAX_TIMER_MS = 2_147_483_647;

/** Opens a stream of Server-Sent Events on a response. It ends when the receiver leaves, is too slow, or its token expires. */
export function openStream(response: Response, expiresAtMs: number | undefined): Sink {
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write('retry: 2000\n\n');
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  const lifetimeMs = Math.min((expiresAtMs ?? Infinity) - Date.now(), MAX_TIMER_MS);
  const expiry = setTimeout(() => response.end(), Math.max(lifetimeMs, 0));
  response.once('close', () => {
    clearInterval(heartbeat);
    clearTimeout(expiry);
  });
  return {
    write(event) {
      response.write(
        `id: ${printPlace(event.place)}\ndata: ${JSON.stringify({ ...event.event, orderId: event.orderId })}\n\n`,
      );
      return response.writableLength < MAX_UNREAD_BYTES;
    },
    get closed() {
      return response.writableEnded || response.destroyed;
    },
    end: () => void response.end(),
  };
}

export function printPlace({ transaction, id }: OutboxPlace): string {
  return `${transaction}-${id}`;
}

/** Reads `Last-Event-ID` back. Throws `invalid-request` for what no stream of ours has sent. */
export function readPlace(text: string | undefined): OutboxPlace | undefined {
  if (text === undefined || text === '') return undefined;
  const [, transaction, id] = /^(\d{1,19})-(\d{1,18})$/.exec(text) ?? [];
  if (transaction === undefined || id === undefined) {
    const errors = [{ pointer: '/Last-Event-ID', detail: 'must be the id of an event of this stream' }];
    throw new Problem('invalid-request', 'The Last-Event-ID is not one of this stream.', { extensions: { errors } });
  }
  return { transaction: BigInt(transaction), id: BigInt(id) };
}
