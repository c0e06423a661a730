import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';

/** One connection that hears one channel of PostgreSQL. */
export interface Listener {
  close(): Promise<void>;
}

const RECONNECT_MS = 1_000;

/**
 * Calls `wake` after each notification, and after each (re)connection, because what was notified meanwhile is lost.
 * Reconnects for as long as it takes; it needs a direct connection, not one through a transaction pooler.
 */
export function listen(options: { url: string; channel: string; wake: () => void; logger: Logger }): Listener {
  const { url, channel, wake, logger } = options;
  const stopping = new AbortController();
  let client: Client | undefined;

  const connected = async (): Promise<void> => {
    client = new Client({ connectionString: url, application_name: 'countersign-listen', keepAlive: true });
    const lost = new Promise<void>((resolve) => {
      client?.once('error', () => resolve());
      client?.once('end', () => resolve());
    });
    client.on('notification', wake);
    // A client that is ended while it connects never settles its `connect()`: only `lost` tells.
    await Promise.race([hear(client), lost]);
    await lost;
  };

  const hear = async (connecting: Client): Promise<void> => {
    await connecting.connect();
    await connecting.query(`listen ${connecting.escapeIdentifier(channel)}`);
    wake();
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await connected().catch((error: unknown) => logger.warn({ err: error, channel }, 'cannot listen'));
      await client?.end().catch(() => undefined);
      await sleep(RECONNECT_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    async close() {
      stopping.abort();
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}
