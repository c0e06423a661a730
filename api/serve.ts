import { createServer, type Server } from 'node:http';
import type { Express } from 'express';
import { closeIdleConnections, drainConnections } from './http/middleware.ts';

/** An API that listens. */
export interface RunningApi {
  readonly url: string;
  /** Goes on answering, and has every answer close its connection: what comes before `close` where callers can go elsewhere. */
  drain(): void;
  /** Takes no new requests, finishes those that it has taken, then returns. Streams are ended at once. */
  close(): Promise<void>;
}

/** How long a caller may keep a connection without doing its part, in milliseconds. */
export interface ConnectionLimits {
  /** For all headers of a request, and for the first byte of the next one. */
  readonly headersMs: number;
  /** For the whole request. How long the answer takes, or a stream lasts, is no matter. */
  readonly requestMs: number;
  /** Between two requests. */
  readonly keepAliveMs: number;
  /** With nothing sent or read at all. Streams have a heartbeat, so that only a reader that stalls gets there. */
  readonly silenceMs: number;
  readonly connections: number;
}

export const LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 5_000,
  silenceMs: 120_000,
  connections: 10_000,
};

const DRAIN_MS = 20_000;

/** Listens at `host:port`, which that setting says. Fails with one clear line when the port is taken. */
export function serveAt(app: Express, address: string, setting: string): Promise<RunningApi> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return serve(app, { host, port: Number(address.slice(colon + 1)), setting });
}

/** Where to listen, and the setting that says it: `PORT`, unless named. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly setting?: string;
}

/** Listens. Fails with one clear line when the port is taken. */
export async function serve(app: Express, place: Place, limits: ConnectionLimits = LIMITS): Promise<RunningApi> {
  const { host, port } = place;
  const server = limited(app, limits);
  const drain = drainConnections(server);
  await listening(server, place);
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    drain: () => drain.begin(),
    close: () => drain.end(DRAIN_MS),
  };
}

/** Node's own limits are minutes, and looked at every half minute: some hundred stalling sockets would be there for long. */
function limited(app: Express, limits: ConnectionLimits): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(limits.headersMs / 4, 1_000),
    },
    app,
  );
  server.maxConnections = limits.connections;
  server.timeout = limits.silenceMs;
  closeIdleConnections(server, limits.keepAliveMs + limits.headersMs);
  return server;
}

function listening(server: Server, { host, port, setting = 'PORT' }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} is taken: set ${setting} to a free one`;
      reject(
        new Error(cause.code === 'EADDRINUSE' ? taken : `cannot listen on ${host}:${port}: ${cause.message}`, {
          cause,
        }),
      );
    });
    server.listen(port, host);
  });
}
