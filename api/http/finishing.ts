import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';

/** So long an idle connection may still bring a request, which is then its last. */
const LAST_REQUEST_MS = 1_000;

/**
 * Prepares a server to be ended in peace: the function that it returns takes no new connection, has every answer that is still
 * to come close its connection, so that busy callers go elsewhere after one request, and cuts off whoever is left after
 * `patienceMs`.
 */
export function finishConnections(server: Server): (patienceMs: number) => Promise<void> {
  const answering = new Set<ServerResponse>();
  let finishing = false;
  server.prependListener('request', (_request, response) => {
    if (finishing) response.setHeader('Connection', 'close');
    answering.add(response);
    response.once('close', () => answering.delete(response));
  });
  return async (patienceMs) => {
    finishing = true;
    for (const response of answering) if (!response.headersSent) response.setHeader('Connection', 'close');
    // HTTP's own `close` would cut off idle connections at once, also one whose next request is on its way.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    const idle = setTimeout(() => server.closeIdleConnections(), LAST_REQUEST_MS);
    const impatience = setTimeout(() => server.closeAllConnections(), patienceMs);
    await closed;
    clearTimeout(idle);
    clearTimeout(impatience);
    // Ends what else HTTP keeps going for its connections.
    server.close(() => {});
  };
}
