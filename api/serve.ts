import type { Server } from 'node:http';
import type { Express } from 'express';

/** An API that listens. */
export interface RunningApi {
  readonly url: string;
  /** Takes no new requests, finishes those that it has taken, then returns. Streams are ended at once. */
  close(): Promise<void>;
}

const DRAIN_MS = 20_000;

/** Listens. Fails with one clear line when the port is taken. */
export async function serve(app: Express, { host, port }: { host: string; port: number }): Promise<RunningApi> {
  const server = await listening(app, host, port);
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, close: () => drain(server) };
}

function listening(app: Express, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host);
    server.once('listening', () => resolve(server));
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} is taken: set PORT to a free one`;
      reject(
        new Error(cause.code === 'EADDRINUSE' ? taken : `cannot listen on ${host}:${port}: ${cause.message}`, {
          cause,
        }),
      );
    });
  });
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(impatience);
}
