import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';

/** A TCP proxy before a server, which can go silent as a lost firewall state does: no byte and no end on open connections. */
export interface SilentProxy {
  /** The server's URL, through the proxy. */
  readonly url: string;
  /** Connections that were made so far. */
  readonly connections: number;
  /** Nothing passes any more on connections that are open now; with `newOnes` also not on those still to come. */
  silence(options?: { newOnes?: boolean }): void;
  /** New connections pass again; those that went silent stay so. */
  speak(): void;
  close(): Promise<void>;
}

/** Opens a proxy before the server that this URL names. */
export async function silentProxy(target: string): Promise<SilentProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let mute = false;
  let connections = 0;
  const server = createServer({ pauseOnConnect: true }, (inner) => {
    connections += 1;
    const outer = new Socket();
    for (const socket of [inner, outer]) socket.on('error', () => undefined);
    pairs.add([inner, outer]);
    if (mute) return;
    outer.connect(Number(port), hostname);
    inner.pipe(outer).pipe(inner);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    get connections() {
      return connections;
    },
    silence({ newOnes = false } = {}) {
      mute = newOnes;
      for (const [inner, outer] of pairs) {
        inner.unpipe(outer).pause();
        outer.unpipe(inner).pause();
      }
    },
    speak: () => void (mute = false),
    async close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
