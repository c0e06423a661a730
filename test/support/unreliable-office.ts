import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** What goes wrong with a request on its way, once for each time that it is said. */
export type Mishap =
  /** The office is not reached, and somebody on the way says so. */
  | { readonly kind: 'away' }
  /** It is reached, and its answer is lost. */
  | { readonly kind: 'lost' }
  /** The answer breaks off after so many bytes. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** Somebody else answers in its place. */
  | { readonly kind: 'forged'; readonly body: unknown };

/** An office behind a network that fails: whatever `mishaps` does not say is passed on. */
export interface UnreliableOffice {
  readonly url: string;
  /** Every request that came, as `POST /v1/orders`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** `mishapOf` is asked for each request, with how often the same came before. */
export async function unreliableOffice(
  target: string,
  mishapOf: (request: string, before: number) => Mishap | undefined,
): Promise<UnreliableOffice> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url}`;
    const mishap = mishapOf(name, asked.filter((one) => one === name).length);
    asked.push(name);
    if (mishap?.kind === 'away') response.writeHead(503, { 'retry-after': '0' }).end();
    else if (mishap?.kind === 'forged')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(mishap.body));
    else passOn(target, request, response, mishap);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => closed(server) };
}

function passOn(target: string, request: IncomingMessage, response: ServerResponse, mishap: Mishap | undefined): void {
  const { method, headers } = request;
  const passed = forward(new URL(request.url ?? '/', target), { method, headers }, (answer) => {
    if (mishap?.kind === 'lost') {
      answer.resume();
      return void answer.once('end', () => response.destroy());
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (mishap?.kind === 'cut') cutAfter(mishap.bytes, answer, response);
    pipeline(answer, response, () => undefined);
  });
  passed.once('error', () => response.destroy());
  request.pipe(passed);
}

function cutAfter(bytes: number, answer: IncomingMessage, response: ServerResponse): void {
  let seen = 0;
  answer.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen >= bytes) setImmediate(() => response.destroy());
  });
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
