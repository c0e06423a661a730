import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { withinDeadline } from './deadline.ts';
import { KEEP_ALIVE, startupOptions } from './session.ts';

/** One connection that listens to one channel of PostgreSQL. */
export interface Listener {
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly url: string;
  readonly channel: string;
  readonly wake: () => void;
  readonly logger: Logger;
  /** How often the server is asked whether it is still there: a connection may go silent without ever being closed. */
  readonly pingMs?: number;
  /** How long it may take to connect, and to answer. */
  readonly timeoutMs?: number;
}

const RECONNECT_MS = 1_000;
const PING_MS = 10_000;
const TIMEOUT_MS = 5_000;
const DISCONNECT_MS = 1_000;

/**
 * Calls `wake` after each notification, and after each (re)connection, because what was notified meanwhile is lost.
 * Reconnects for as long as it takes; it needs a direct connection, not one through a transaction pooler.
 */
export function listen(options: ListenOptions): Listener {
  const { channel, logger } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await listenUntilLost(options, signal).catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ err: error, channel }, 'cannot listen');
      });
      await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    async close() {
      stopping.abort();
      await running;
    },
  };
}

/** One connection from its beginning to its end, which an abort, an error or a missing answer brings about. */
async function listenUntilLost(options: ListenOptions, stopped: AbortSignal): Promise<void> {
  const { url, channel, wake, pingMs = PING_MS, timeoutMs = TIMEOUT_MS } = options;
  const socket = new Socket();
  const client = new Client({
    connectionString: url,
    application_name: 'countersign-listen',
    options: startupOptions('unhurried'),
    ...KEEP_ALIVE,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    stream: () => socket,
  });
  const lost = new AbortController();
  const over = AbortSignal.any([lost.signal, stopped]);
  for (const event of ['error', 'end'] as const) client.on(event, () => lost.abort());
  client.on('notification', wake);
  try {
    // A client that is ended while it connects never settles its `connect()`: only the abort signal ends the wait.
    await unlessAborted(over, client.connect());
    await unlessAborted(over, client.query(`listen ${client.escapeIdentifier(channel)}`));
    wake();
    for (;;) {
      await sleep(pingMs, undefined, { signal: over });
      await unlessAborted(over, client.query('select 1'));
    }
  } finally {
    await disconnect(client, socket);
  }
}

async function unlessAborted<Answer>(signal: AbortSignal, asked: Promise<Answer>): Promise<Answer> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([asked, aborted]);
}

/** Ends the session; a server that does not answer is left without it. */
async function disconnect(client: Client, socket: Socket): Promise<void> {
  await withinDeadline(client.end(), DISCONNECT_MS).catch(() => undefined);
  socket.destroy();
}
