import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly answered: number;
}

/** A party’s own server on loopback. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Decides the answer to each request; default 204. */
  answer: (received: Omit<Received, 'answered'>) => number;
  until(enough: (received: readonly Received[]) => boolean): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const one = { headers: request.headers, text, body: JSON.parse(text) };
      const answered = receiver.answer(one);
      received.push({ ...one, answered });
      response.writeHead(answered).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: () => 204,
    async until(enough) {
      for (const deadline = Date.now() + 40_000; !enough(received);) {
        if (Date.now() > deadline) throw new Error(`received only ${received.map(({ body }) => body.type).join(', ')}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      return received;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
