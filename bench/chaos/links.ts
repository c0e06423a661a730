import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A way to a server of this run, whose connections can be dropped all at once. */
export interface Link {
  readonly port: number;
  /** Resets every connection; for `downMs` nobody gets through. */
  drop(downMs: number): void;
  close(): Promise<void>;
}

/** Leads to a port of the loopback address. */
export async function openLink(toPort: number): Promise<Link> {
  const open = new Set<Socket>();
  let downUntil = 0;
  const server = createServer((near) => {
    if (Date.now() < downUntil) return near.resetAndDestroy();
    const far = connect(toPort, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    drop(downMs) {
      downUntil = Date.now() + downMs;
      for (const socket of open) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has a port');
  return address.port;
}
