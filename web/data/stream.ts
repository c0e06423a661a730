import { createParser } from 'eventsource-parser';

/** What becomes of a stream. */
export interface StreamListener {
  /** It runs, for the first time or again. */
  readonly onOpen: () => void;
  /** The data of an event without a name. */
  readonly onEvent: (data: string) => void;
  /** It broke off, or could not be opened (`opened: false`); the next attempt is under way by itself. */
  readonly onBreak: (how: { readonly opened: boolean }) => void;
}

export interface Stream {
  /** Gives up what is open or waited for, and connects at once. */
  restart(): void;
  close(): void;
}

/** In milliseconds. Tests make them short. */
export interface StreamTimes {
  /** So long an answer to the request is waited for. */
  readonly openMs: number;
  /** A stream that has said nothing for so long is dead: the service says each 15 seconds that it is still there. */
  readonly silenceMs: number;
  /** How often that is looked at, by the clock of the day: it goes on while a computer sleeps. */
  readonly lookMs: number;
  /** The first wait after a failure; each further one is twice as long. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** A stream that lasted so long was good: after it one connects at once. */
  readonly goodMs: number;
}

const TIMES: StreamTimes = {
  openMs: 10_000,
  silenceMs: 40_000,
  lookMs: 2_000,
  firstMs: 1_000,
  mostMs: 10_000,
  goodMs: 5_000,
};

/** No `Retry-After` is waited for longer. */
const MOST_ASKED_MS = 60_000;

/** Opens a stream of Server-Sent Events, after the event of that id. */
export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;

/**
 * Follows a stream until it is closed. Whatever breaks it (the service is gone, a proxy cuts it, nothing comes any more), it is opened
 * again where it broke off, at growing intervals that differ from page to page.
 */
export function followStream(open: OpenStream, listener: StreamListener, given: Partial<StreamTimes> = {}): Stream {
  const times = { ...TIMES, ...given };
  const place: Place = {};
  const end = new AbortController();
  let failures = 0;
  let connection = new AbortController();
  let goOn: () => void = () => undefined;

  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      connection = new AbortController();
      const how = await readStream(open, { place, listener, times, connection });
      if (end.signal.aborted) return;
      failures = how.lastedMs >= times.goodMs ? 0 : failures + 1;
      listener.onBreak(how);
      await pause(Math.max(delayMs(failures, times), how.retryAfterMs));
    }
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      goOn = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const stop = (): void => {
    connection.abort();
    goOn();
  };

  void run();
  return {
    restart: () => {
      failures = 0;
      stop();
    },
    close: () => {
      end.abort();
      stop();
    },
  };
}

/** Between half and the whole of what is due, so that many pages do not come back at the same moment. */
function delayMs(failures: number, { firstMs, mostMs }: StreamTimes): number {
  const dueMs = failures === 0 ? firstMs / 4 : Math.min(firstMs * 2 ** (failures - 1), mostMs);
  return dueMs * (0.5 + Math.random() / 2);
}

/** How far the stream was read. */
interface Place {
  lastEventId?: string;
}

interface Reading {
  readonly place: Place;
  readonly listener: StreamListener;
  readonly times: StreamTimes;
  readonly connection: AbortController;
}

/** How one connection went. */
interface Broken {
  readonly opened: boolean;
  readonly lastedMs: number;
  /** What the service asked for; none: 0. */
  readonly retryAfterMs: number;
}

/** One connection, until it ends, breaks, falls silent or is aborted. Never throws. */
async function readStream(open: OpenStream, { place, listener, times, connection }: Reading): Promise<Broken> {
  let opened = false;
  let openedAt = Infinity;
  let heardAt = Date.now();
  let retryAfterMs = 0;
  const look = setInterval(() => {
    if (Date.now() - heardAt > (opened ? times.silenceMs : times.openMs)) connection.abort();
  }, times.lookMs);
  try {
    const response = await orAborted(open(place.lastEventId, connection.signal), connection.signal);
    if (isStream(response)) {
      [opened, openedAt, heardAt] = [true, Date.now(), Date.now()];
      listener.onOpen();
      await readAll(response.body, () => (heardAt = Date.now()), { place, listener });
    } else {
      // What the service does not take as a place it never will.
      if (response.status === 400 || response.status === 422) place.lastEventId = undefined;
      retryAfterMs = Math.min(Number(response.headers.get('Retry-After') ?? 0) * 1_000 || 0, MOST_ASKED_MS);
      connection.abort();
    }
  } catch {
    // Whatever breaks a stream, the next one goes on where it broke off.
  } finally {
    clearInterval(look);
  }
  return { opened, lastedMs: Math.max(0, Date.now() - openedAt), retryAfterMs };
}

/** What is waited for, unless it is given up before: a token that is asked for may never come. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return Promise.race([promise, aborted]);
}

type StreamResponse = Response & { readonly body: ReadableStream<Uint8Array> };

/** A proxy may answer with a page of its own. */
function isStream(response: Response): response is StreamResponse {
  const type = response.headers.get('Content-Type') ?? '';
  return response.status === 200 && response.body !== null && type.startsWith('text/event-stream');
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
  { place, listener }: Pick<Reading, 'place' | 'listener'>,
): Promise<void> {
  const decoder = new TextDecoder();
  const parser = createParser({
    onId: (id) => (place.lastEventId = id),
    onEvent: ({ event, data }) => {
      if (event === undefined) listener.onEvent(data);
    },
  });
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    heard();
    parser.feed(decoder.decode(next.value, { stream: true }));
  }
}
