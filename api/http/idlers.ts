import type { Server } from 'node:http';
import type { Socket } from 'node:net';

interface Use {
  /** Requests under way; a stream is one for as long as it lasts. */
  underWay: number;
  idleSince: number;
}

/**
 * Cuts off connections on which no request has been under way for `patienceMs`. Node's own time-outs begin with the first
 * byte of a request or end with silence: whoever sends an empty line now and then after a request would stay for good.
 */
export function closeIdlers(server: Server, patienceMs: number): void {
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
        if (underWay === 0 && Date.now() - idleSince > patienceMs) socket.destroy();
    },
    Math.min(patienceMs / 4, 1_000),
  );
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
}
