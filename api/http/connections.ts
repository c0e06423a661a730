import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** So long an idle connection may still bring a request, which is then its last. */
const LAST_REQUEST_MS = 1_000;

/**
 * Prepares a server for a graceful shutdown: the function that it returns takes no new connection, has every answer that is
 * still to come close its connection, so that busy callers go elsewhere after one request, and cuts off whoever is left after
 * `timeoutMs`.
 */
export function drainConnections(server: Server): (timeoutMs: number) => Promise<void> {
  const answering = new Set<ServerResponse>();
  let draining = false;
  server.prependListener('request', (_request, response) => {
    if (draining) response.setHeader('Connection', 'close');
    answering.add(response);
    response.once('close', () => answering.delete(response));
  });
  return async (timeoutMs) => {
    draining = true;
    for (const response of answering) if (!response.headersSent) response.setHeader('Connection', 'close');
    // HTTP's own `close` would cut off idle connections at once, also one whose next request is on its way.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    const idle = setTimeout(() => server.closeIdleConnections(), LAST_REQUEST_MS);
    const timeout = setTimeout(() => server.closeAllConnections(), timeoutMs);
    await closed;
    clearTimeout(idle);
    clearTimeout(timeout);
    // Ends what else HTTP keeps going for its connections.
    server.close(() => {});
  };
}

interface Use {
  /** Requests under way; a stream is one for as long as it lasts. */
  underWay: number;
  idleSince: number;
}

/**
 * Cuts off connections on which no request has been under way for `timeoutMs`. Node's own time-outs begin with the first
 * byte of a request or end with silence: whoever sends an empty line now and then after a request would stay for good.
 */
export function closeIdleConnections(server: Server, timeoutMs: number): void {
  const uses = new Map<Socket, Use>();
  server.on('connection', (socket) => {
    uses.set(socket, { underWay: 0, idleSince: Date.now() });
    socket.once('close', () => uses.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    const use = uses.get(socket);
    if (!use) return;
    use.underWay += 1;
    response.once('close', () => {
      use.underWay -= 1;
      use.idleSince = Date.now();
    });
  });
  const sweep = setInterval(
    () => {
      for (const [socket, { underWay, idleSince }] of uses)
        if (underWay === 0 && Date.now() - idleSince > timeoutMs) socket.destroy();
    },
    Math.min(timeoutMs / 4, 1_000),
  );
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
}
