import { fstatSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/* The process of a party's own server: it listens, says where, and ends in good order. */

/** Listens there. Port 0: any free one. Throws what the system says against it, such as a port that is taken. */
export function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** Where a server listens, as others on this machine reach it. */
export function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

/** Takes no more requests, and waits for the answers to those that have begun. */
export function ended(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** Where lines go, such as `pino`. */
export interface LineLog {
  info(line: object, text: string): void;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Logs each request on one line at its end, but for those that ask for its health, under the `X-Request-Id` that it carries: the office sends
 * its messages under the id of the request that placed the order, so that one id finds the order in all logs. For Express, before all else.
 */
export function logRequests(
  log: LineLog,
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return ({ method, url = '/', headers }, response, next) => {
    // What a person types into a page comes behind the question mark.
    const [path] = url.split('?');
    const given = String(headers['x-request-id']);
    const requestId = given !== 'undefined' && REQUEST_ID.test(given) ? given : undefined;
    if (path !== '/health')
      response.once('close', () => {
        const { statusCode } = response;
        log.info({ requestId, req: { method, url: path }, res: { statusCode } }, 'request completed');
      });
    next();
  };
}

/** What the process was asked to do. Whoever supervises a server may mark it (`--instance=…`), to find it again among all processes: no command. */
export function givenArguments(): string[] {
  return process.argv.slice(2).filter((argument) => !argument.startsWith('--instance='));
}

/** Comes true when the process is to end: SIGTERM, SIGINT, or the end of whoever started it. */
export function askedToEnd(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
    process.once('disconnect', resolve);
    if (isFromSomebody()) process.stdin.once('end', resolve).once('error', resolve).resume();
  });
}

/** Lets go of whoever started the process, so that it can end. */
export function letGo(): void {
  if (process.connected) process.disconnect();
  process.stdin.destroy();
}

/** A pipe or socket ends with whoever holds its other end; a terminal or `/dev/null` says nothing of the kind. */
function isFromSomebody(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isSocket();
  } catch {
    return false;
  }
}
