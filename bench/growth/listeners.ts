import { Agent, request } from 'node:http';
import { drive, type Timing } from '../load/drive.ts';
import { startService, type HttpSubject } from '../load/over-http.ts';
import { quantilesOf, type Quantiles } from '../report/statistics.ts';
import { memoryBytesOf } from '../testbed/processes.ts';
import type { Testbed } from '../testbed/testbed.ts';

export interface ListenersRun {
  readonly listeners: number;
  readonly orders: number;
  /** `order_completed` events that came, of those that should have come. */
  readonly received: number;
  readonly expected: number;
  /** From the event's own time to its arrival, milliseconds. */
  readonly delay: Quantiles;
  readonly apiBytes: number;
  readonly whole: Quantiles;
}

const TIMEOUT_MS = 10_000;

/** Opens event streams, spread over the buyers, and runs orders: does every event reach every listener, how late? */
export async function listen(testbed: Testbed, listeners: number, orders: number): Promise<ListenersRun> {
  const service = await startService(testbed);
  await drive(service, { clients: 8, orders: 80 });
  const delays: number[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const streams = await openStreams(service, listeners, agent, (delay) => delays.push(delay));
  const timings = await drive(service, { clients: 16, orders });
  const expected = await expectedEvents(testbed, timings, listeners);
  await until(() => delays.length >= expected);
  const apiBytes = memoryBytesOf(service.processes.find(({ name }) => name === 'api')?.pid ?? 0);
  for (const close of streams) close();
  agent.destroy();
  return {
    listeners,
    orders,
    received: delays.length,
    expected,
    delay: quantilesOf(delays),
    apiBytes,
    whole: quantilesOf(timings.map(({ wholeMs }) => wholeMs)),
  };
}

type OnDelay = (delayMs: number) => void;

async function openStreams(
  { url, tokens }: HttpSubject,
  count: number,
  agent: Agent,
  onDelay: OnDelay,
): Promise<(() => void)[]> {
  const streams: (() => void)[] = [];
  for (let from = 0; from < count; from += 50) {
    const places = Array.from({ length: Math.min(50, count - from) }, (_, index) => from + index);
    streams.push(
      ...(await Promise.all(
        places.map((place) => openStream(url, tokens[place % tokens.length] ?? '', agent, onDelay)),
      )),
    );
  }
  return streams;
}

function openStream(url: string, token: string, agent: Agent, onDelay: OnDelay): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    const asked = request(`${url}/v1/events`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`GET /v1/events answered ${response.statusCode}`));
      response.setEncoding('utf8').on('data', (text: string) => readEvents(text, onDelay));
      response.on('error', () => {});
      resolve(() => asked.destroy());
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** An event fits into one chunk, but for the few that do not, which then count as not received. */
function readEvents(text: string, onDelay: OnDelay): void {
  for (const message of text.split('\n\n')) {
    if (!message.includes('order_completed')) continue;
    const occurredAt = /"occurredAt":"([^"]+)"/.exec(message)?.[1];
    if (occurredAt) onDelay(Date.now() - Date.parse(occurredAt));
  }
}

async function expectedEvents({ orm, crowd }: Testbed, timings: readonly Timing[], listeners: number): Promise<number> {
  const ids = `{${timings.map(({ workflowId }) => workflowId).join(',')}}`;
  const rows = await orm.em
    .fork()
    .execute<{ buyer_id: string }[]>('select buyer_id from orders where id = any(?::text[])', [ids]);
  const places = rows.map(({ buyer_id }) => Number(buyer_id.split('-').at(-1)));
  return places.reduce((sum, place) => sum + Math.ceil((listeners - place) / crowd.buyers), 0);
}

async function until(ready: () => boolean): Promise<void> {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline && !ready();) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
