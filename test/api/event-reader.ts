export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly orderId: string;
}

/** A reader of one stream of Server-Sent Events. */
export interface EventReader {
  readonly seen: readonly SeenEvent[];
  readonly ended: Promise<void>;
  /** Waits until `enough`, at most half a minute. */
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
  const response = await fetch(url, { headers, signal: leaving.signal });
  if (response.status !== 200 || !response.body) throw new Error(`refused: ${response.status}`);
  const seen: SeenEvent[] = [];
  const ended = collect(response.body, seen).catch(() => undefined);
  return {
    seen,
    ended,
    async until(enough) {
      for (const deadline = Date.now() + 30_000; !enough(seen); await pause()) {
        if (Date.now() > deadline) throw new Error(`not seen: ${seen.map(({ type }) => type).join(', ')}`);
      }
      return seen;
    },
    async stop() {
      leaving.abort();
      await ended;
    },
  };
}

async function collect(body: ReadableStream<Uint8Array>, seen: SeenEvent[]): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of body) {
    const blocks = (text + decoder.decode(piece, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id] = /^id: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (id !== undefined && data !== undefined) seen.push({ ...JSON.parse(data), id });
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
