import { finished } from 'node:stream';
import type { Response } from 'express';
import { OUTBOX_START, type OutboxEvent, type OutboxPlace, type RememberedPlace } from '../../office/outbox/index.ts';
import { invalidField } from '../http/problem.ts';
import type { StreamTimes } from './event-feed.ts';
import type { EventSink } from './event-subscription.ts';

/** What a stream sends first, under the name `opened`: where it begins. */
export interface Opening {
  readonly from: 'start' | 'now' | 'last_event_id' | 'unknown_last_event_id';
  readonly orderId?: string;
}

const MAX_TIMER_MS = 2_147_483_647;
const RETRY_MS = 2_000;
/** Clients come again by themselves when a stream ends. After the last event of an order they need not. */
const RETRY_ENDED_MS = 86_400_000;

export interface StreamOptions {
  readonly opening: Opening;
  /** The id with which a client resumes that has seen no event yet. */
  readonly resumeId?: string;
  readonly expiresAtMs: number | undefined;
  readonly times: StreamTimes;
}

/**
 * Opens a stream of Server-Sent Events on a response. It ends when the receiver leaves, its token expires or its order is over,
 * and is cut off when the receiver does not read.
 */
export function openStream(response: Response, { opening, resumeId, expiresAtMs, times }: StreamOptions): EventSink {
  const closed = (): boolean => response.writableEnded || response.destroyed;
  let stalled: NodeJS.Timeout | undefined;
  let closing: NodeJS.Timeout | undefined;
  // `end()` waits for the receiver to read, `destroy()` for nobody.
  const cut = (): void => void response.destroy();
  const send = (text: string): boolean => {
    if (closed()) return true;
    response.write(text);
    if (response.writableNeedDrain) stalled ??= setTimeout(cut, times.stallMs).unref();
    return !response.writableNeedDrain;
  };
  const end = (last = ''): void => {
    if (closed()) return;
    response.end(last);
    closing = setTimeout(cut, times.closeMs).unref();
  };
  const keepAlive = setInterval(() => !response.writableNeedDrain && send(': still here\n\n'), times.keepAliveMs);
  const lifetimeMs = Math.min((expiresAtMs ?? Infinity) - Date.now(), MAX_TIMER_MS);
  const expiry = setTimeout(end, Math.max(lifetimeMs, 0));
  response.on('drain', () => {
    clearTimeout(stalled);
    stalled = undefined;
  });
  // Also called for a receiver that is gone already, and of a connection that breaks while it is written to.
  finished(response, () => {
    clearInterval(keepAlive);
    clearTimeout(expiry);
    clearTimeout(stalled);
    clearTimeout(closing);
  });
  open(response);
  send(`retry: ${RETRY_MS}\nevent: opened\ndata: ${JSON.stringify(opening)}\n\n`);
  if (resumeId !== undefined) send(`id: ${resumeId}\n\n`);
  return {
    write: (event) => send(printEvent(event)),
    drained: () => drained(response),
    finish: (orderId, stage) =>
      end(`retry: ${RETRY_ENDED_MS}\nevent: ended\ndata: ${JSON.stringify({ orderId, stage })}\n\n`),
    get closed() {
      return closed();
    },
    end: () => end(),
  };
}

function open(response: Response): void {
  if (response.destroyed) return;
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
}

function printEvent({ place, event, orderId }: OutboxEvent): string {
  return `id: ${printEventId(place)}\ndata: ${JSON.stringify({ ...event, orderId })}\n\n`;
}

async function drained(response: Response): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/** The `id` of an event, with which a client resumes after it (`Last-Event-ID`). */
export function printEventId({ id, mark }: OutboxPlace): string {
  return id === OUTBOX_START ? 'start-0' : `e${mark}-${id}`;
}

/** `e`, the mark and the event's id; in the former form the event's transaction and its id. */
const PLACE = /^(?:e([0-9a-f]{8})|(\d{1,19})|start)-(\d{1,18})$/;

/** Reads `Last-Event-ID` back. Throws `invalid-request` for what no stream of ours has sent. */
export function readEventId(text: string | undefined): RememberedPlace | undefined {
  if (text === undefined || text === '') return undefined;
  const [, mark, transaction, number] = PLACE.exec(text) ?? [];
  if (number === undefined) {
    const sentence = 'The Last-Event-ID is not one of this stream.';
    throw invalidField('/Last-Event-ID', 'must be the id of an event of this stream', sentence);
  }
  const id = BigInt(number);
  if (mark !== undefined) return { id, mark };
  return transaction === undefined ? { id, start: true } : { id, transaction: BigInt(transaction) };
}
