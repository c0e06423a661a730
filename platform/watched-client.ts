import { Socket } from 'node:net';
import { Client, type ClientConfig, type Pool } from 'pg';

/** The server owes an answer and has sent nothing: it is frozen, or something between us and it forgot the connection. */
export class DatabaseSilentError extends Error {
  override readonly name = 'DatabaseSilentError';
  readonly code = 'ETIMEDOUT';
}

type Release = (error?: Error | boolean) => void;

/** A standby, or a primary that no longer is one: SQLSTATE `read_only_sql_transaction`. */
const READ_ONLY = '25006';

/**
 * A connection that is given up when the server falls silent, or turns out to be a primary no longer. `pg`'s own
 * `query_timeout` leaves such a connection in use; here its socket is destroyed, so that the pool drops it.
 */
export class WatchedClient extends Client {
  readonly #socket: Socket;
  #giveBack: Release | undefined;
  /** Called with the reason when the connection has shown that others like it are no good either. */
  onDistrust: (reason: Error) => void = () => undefined;

  constructor(config: ClientConfig = {}) {
    const socket = new Socket();
    // A pool hides the password from being copied with the rest.
    super({ ...config, password: config.password, stream: () => socket });
    this.#socket = socket;
    socket.on('timeout', () =>
      this.#giveUp(new DatabaseSilentError(`the database has sent nothing for ${socket.timeout} ms`)),
    );
    this.on('end', () => this.release(new Error('the connection has ended')));
    this.#watchAnswers();
  }

  /**
   * Gives the connection back to its pool, once. One that has ended does this itself: a transaction whose `rollback` fails
   * never does (Kysely issue 1990), and its place in the pool would be lost.
   */
  get release(): Release {
    return (error) => {
      const giveBack = this.#giveBack;
      this.#giveBack = undefined;
      giveBack?.(error);
    };
  }

  /** Set by the pool each time that it lends the connection. */
  set release(giveBack: Release) {
    this.#giveBack = giveBack;
  }

  /** From now on the server owes answers, each within `silenceMs`; 0: without end. */
  watch(silenceMs: number): void {
    this.#socket.setTimeout(silenceMs);
  }

  /** Nothing is owed: the connection lies in the pool. */
  rest(): void {
    this.#socket.setTimeout(0);
  }

  /** Ends the connection without a word to a server that would not hear it. With an error, so that its pool hears at once. */
  drop(reason: Error): void {
    this.#socket.destroy(reason);
  }

  /** The others first: whoever is told of this one's failure, and asks again, must not be lent one of them. */
  #giveUp(reason: Error): void {
    this.onDistrust(reason);
    this.drop(reason);
  }

  #watchAnswers(): void {
    const query = this.query.bind(this);
    Object.defineProperty(this, 'query', {
      configurable: true,
      value: (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(query, this, args);
        Promise.resolve(answer).catch((error: unknown) => this.#judge(error));
        return answer;
      },
    });
  }

  #judge(error: unknown): void {
    if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== READ_ONLY) return;
    this.#giveUp(new Error('the database only reads'));
  }
}

/** Watches the connections of a pool while they are lent. One that is given up takes the idle ones along: they go the same way. */
export function watchPool(pool: Pool, silenceMs: number): void {
  const idle = new Set<WatchedClient>();
  const distrust = (reason: Error): void => {
    for (const client of idle) client.drop(reason);
  };
  pool.on('acquire', (client) => {
    if (!(client instanceof WatchedClient)) return;
    idle.delete(client);
    client.onDistrust = distrust;
    client.watch(silenceMs);
  });
  pool.on('release', (_error, client) => {
    if (!(client instanceof WatchedClient)) return;
    client.rest();
    idle.add(client);
  });
  pool.on('remove', (client) => void idle.delete(client as unknown as WatchedClient));
}
