import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between the service and a server, as a load balancer or a pooler does, and can forget its connections. */
export interface SilentProxy {
  /** The same URL, through the proxy. */
  readonly url: string;
  /** How many connections it has taken since it began. */
  readonly taken: number;
  /** From now on the connections that are open pass nothing on, and are not closed either. New ones work. */
  silence(): void;
  /** The same, and new connections are taken and hear nothing, as those of a stopped server are. */
  freeze(): void;
  /** From now on every connection is closed at once, those that are open and new ones, as before a server that is gone. */
  refuse(): void;
  /** New connections work again; the frozen ones stay as they are. */
  thaw(): void;
  /** Closes the connections that are open, as a server does that fails over. */
  cut(): void;
  close(): Promise<void>;
}

/** Opens a proxy before the server that `url` names. */
export async function silentProxy(url: string): Promise<SilentProxy> {
  const target = new URL(url);
  const open = new Set<Socket>();
  let taken = 0;
  let frozen = false;
  let refusing = false;
  const server = createServer((near) => {
    taken += 1;
    if (refusing) return void near.destroy();
    if (frozen) {
      open.add(near);
      near.on('error', () => undefined).pause();
      return;
    }
    const far = connect({ host: target.hostname, port: Number(target.port) });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const silence = (): void => {
    for (const socket of open) socket.unpipe().pause();
  };
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: through.href,
    get taken() {
      return taken;
    },
    silence,
    freeze() {
      frozen = true;
      silence();
    },
    refuse() {
      refusing = true;
      cut();
    },
    thaw() {
      frozen = false;
      refusing = false;
    },
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
