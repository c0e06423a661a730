import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../support/until.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly answered: number;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A party's own server on loopback. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many requests were open at once, at most. */
  readonly mostAtOnce: number;
  /** Decides the answer to each request; default 204. `never`: the request is left without one. */
  answer: (received: Omit<Received, 'answered'>) => number | ReceiverAnswer | 'never';
  until(enough: (received: readonly Received[]) => boolean): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let open = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    mostAtOnce = Math.max(mostAtOnce, ++open);
    response.on('close', () => open--);
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const one = { headers: request.headers, text, body: JSON.parse(text) };
      const answer = receiver.answer(one);
      const { status, headers } = answered(answer);
      received.push({ ...one, answered: status });
      if (answer !== 'never') response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    get mostAtOnce() {
      return mostAtOnce;
    },
    answer: () => 204,
    until: (enough) => until(() => received, enough, { seen: (all) => all.map(({ body }) => body.type) }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

function answered(answer: number | ReceiverAnswer | 'never'): ReceiverAnswer {
  if (answer === 'never') return { status: 0, headers: {} };
  return typeof answer === 'number' ? { status: answer, headers: {} } : answer;
}
