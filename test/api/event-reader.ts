import { until } from '../support/until.ts';

export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly orderId: string;
}

/** What a stream says about itself: `opened` first, `ended` last. */
export interface Notice {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** A reader of one stream of Server-Sent Events. */
export interface EventReader {
  readonly seen: readonly SeenEvent[];
  readonly notices: readonly Notice[];
  /** What to resume with: the id of the last block that had one. */
  readonly lastEventId: string | undefined;
  readonly ended: Promise<void>;
  /** Waits until `enough` has come. */
  until(enough: (seen: readonly SeenEvent[]) => boolean): Promise<readonly SeenEvent[]>;
  stop(): Promise<void>;
}

/** Opens a stream and reads on until stopped. Throws when it is refused. */
export async function readEvents(url: string, token: string, lastEventId?: string): Promise<EventReader> {
  const leaving = new AbortController();
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  // An API that has just begun answers 503 until it knows where "now" is.
  const response = await until(
    () => fetch(url, { headers, signal: leaving.signal }),
    ({ status }) => status !== 503,
  );
  if (response.status !== 200 || !response.body) throw new Error(`refused: ${response.status}`);
  const received: Received = { seen: [], notices: [], lastEventId };
  const { seen, notices } = received;
  const ended = collect(response.body, received).catch(() => undefined);
  return {
    seen,
    notices,
    get lastEventId() {
      return received.lastEventId;
    },
    ended,
    until(enough) {
      return until(() => seen, enough, { seen: (all) => all.map(({ type }) => type) });
    },
    async stop() {
      leaving.abort();
      await ended;
    },
  };
}

interface Received {
  readonly seen: SeenEvent[];
  readonly notices: Notice[];
  lastEventId: string | undefined;
}

async function collect(body: ReadableStream<Uint8Array>, received: Received): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of body) {
    const blocks = (text + decoder.decode(piece, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) receive(block, received);
  }
}

function receive(block: string, received: Received): void {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const [id, name, data] = [field('id'), field('event'), field('data')];
  received.lastEventId = id ?? received.lastEventId;
  if (data === undefined) return;
  if (name !== undefined) received.notices.push({ name, data: JSON.parse(data) });
  else if (id !== undefined) received.seen.push({ ...JSON.parse(data), id });
}
