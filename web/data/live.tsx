import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { currentToken, noteRefused } from '../session/credentials.ts';
import { gathering } from './gathering.ts';
import { movedBy } from './moved-by.ts';
import { followStream, type OpenStream, type Stream } from './stream.ts';

/** How the stream of events goes: what is on the page is fresh while it is `live`. `back`: it was lost until a moment ago. */
export type Liveness = 'connecting' | 'live' | 'lost' | 'back';

interface Live {
  readonly liveness: Liveness;
  /** Connects now, instead of when it is due. */
  readonly retry: () => void;
}

const LiveContext = createContext<Live>({ liveness: 'connecting', retry: () => undefined });

/** How the stream goes, for whoever shows it. */
export function useLiveness(): Liveness {
  return use(LiveContext).liveness;
}

/** Takes the stream up again at once. */
export function useRetryNow(): () => void {
  return use(LiveContext).retry;
}

/** A stream that ends and is back by then was never lost for whoever looks at the page. */
const GRACE_MS = 2_000;
/** So long it is said that the connection is back. */
const BACK_MS = 6_000;
/** A page that nobody sees holds no stream for longer: browsers have only few connections for all pages of a service. */
const HIDDEN_MS = 60_000;
/** By then what a page begins with has been read. */
const FIRST_MS = 1_500;
/** Figures over many orders need not follow each of them. */
const SLOW_MS = 5_000;

/**
 * Follows all events of whoever is signed in, by one stream for the whole page, and refreshes what they touch. A stream that breaks is
 * taken up again where it broke (`Last-Event-ID`); when it is back, everything is read afresh, so that nothing stays stale.
 */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const following = useRef<Following>(undefined);
  useEffect(() => {
    const started = follow(queries, setLiveness);
    following.current = started;
    return () => started.end();
  }, [queries]);
  const live = useMemo(() => ({ liveness, retry: () => following.current?.retry() }), [liveness]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

interface Following {
  retry(): void;
  end(): void;
}

function follow(queries: QueryClient, say: (liveness: Liveness) => void): Following {
  const refresh = refreshing(queries);
  const state = announcing(say, {
    everything: () => queries.invalidateQueries(),
    whatMoves: () =>
      queries.invalidateQueries({ predicate: ({ queryKey }) => movedBy(queryKey, EVERY_ORDER) === 'quick' }),
  });
  let stream: Stream | undefined;
  let hidden: number | undefined;
  const start = (): void => {
    stream = followStream(openWithToken, { ...state, onEvent: refresh.onEvent });
  };
  const restart = (): void => (stream ? stream.restart() : start());
  const onVisibility = (): void => {
    window.clearTimeout(hidden);
    if (document.visibilityState === 'visible') {
      if (!stream || state.isBroken()) restart();
      return;
    }
    hidden = window.setTimeout(() => {
      stream?.close();
      stream = undefined;
      state.rest();
    }, HIDDEN_MS);
  };
  start();
  onVisibility();
  // A network that goes or comes says so before any byte is missed.
  window.addEventListener('online', restart);
  window.addEventListener('offline', restart);
  document.addEventListener('visibilitychange', onVisibility);
  return {
    retry: restart,
    end: () => {
      window.removeEventListener('online', restart);
      window.removeEventListener('offline', restart);
      document.removeEventListener('visibilitychange', onVisibility);
      window.clearTimeout(hidden);
      state.rest();
      refresh.stop();
      stream?.close();
    },
  };
}

const EVERY_ORDER = { has: () => true };

interface ReadAfresh {
  readonly everything: () => Promise<void>;
  readonly whatMoves: () => Promise<void>;
}

/**
 * Says how the stream goes. When it runs again everything is read afresh; when it runs for the first time, what was read beside its
 * opening, and may be older than its first event.
 */
function announcing(say: (liveness: Liveness) => void, readAfresh: ReadAfresh) {
  let begun = false;
  let broken = false;
  let lost = false;
  let timer: number | undefined;
  let first: number | undefined;
  const sayLost = (): void => {
    lost = true;
    say('lost');
  };
  return {
    isBroken: () => broken,
    onOpen: () => {
      window.clearTimeout(timer);
      if (broken) void readAfresh.everything();
      else if (!begun) first = window.setTimeout(() => void readAfresh.whatMoves(), FIRST_MS);
      begun = true;
      say(lost ? 'back' : 'live');
      if (lost) timer = window.setTimeout(() => say('live'), BACK_MS);
      [broken, lost] = [false, false];
    },
    onBreak: ({ opened }: { readonly opened: boolean }) => {
      window.clearTimeout(timer);
      broken = true;
      if (lost) return;
      if (opened) timer = window.setTimeout(sayLost, GRACE_MS);
      else sayLost();
    },
    /** Nobody looks: what changes meanwhile is read afterwards. */
    rest: () => {
      window.clearTimeout(timer);
      window.clearTimeout(first);
      broken = true;
    },
  };
}

const openWithToken: OpenStream = async (lastEventId, signal) => {
  const token = await currentToken();
  const headers = new Headers({ Accept: 'text/event-stream' });
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  if (lastEventId !== undefined) headers.set('Last-Event-ID', lastEventId);
  const response = await fetch('/v1/events', { headers, signal, cache: 'no-store' });
  if (response.status === 401 && token !== undefined) await noteRefused(token);
  return response;
};

/** Refreshes what events touch: one order's pages by its id, and every list. */
function refreshing(queries: QueryClient) {
  const act = (pace: 'quick' | 'slow') => (orderIds: ReadonlySet<string>) =>
    queries.invalidateQueries({ predicate: ({ queryKey }) => movedBy(queryKey, orderIds) === pace });
  const quick = gathering(act('quick'));
  const slow = gathering(act('slow'), { apartMs: SLOW_MS });
  return {
    onEvent: (data: string) => {
      const { orderId } = JSON.parse(data) as { orderId: string };
      quick.add(orderId);
      slow.add(orderId);
    },
    stop: () => {
      quick.stop();
      slow.stop();
    },
  };
}
