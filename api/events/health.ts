import { Gauge, type Registry } from 'prom-client';
import type { EventFeed, FeedHealth } from './event-feed.ts';

/** A process that could not look at the outbox for so long sends its streams nothing: another one should be asked. */
const SILENT_MS = 30_000;

/**
 * Says how the reading of events goes. Throws when the outbox has not been read for long. An event that waits for an open
 * transaction is reported and no reason to be taken out of service: every other process waits for it, too.
 */
export function checkEvents({ lastReadAt, waitingSince, backlog }: FeedHealth, now: Date): string {
  if (lastReadAt === undefined) return 'not read yet';
  const silentMs = now.getTime() - lastReadAt.getTime();
  if (silentMs > SILENT_MS) throw new Error(`not read for ${secondsOf(silentMs)} seconds`);
  const waited = secondsOf(waitingSince ? now.getTime() - waitingSince.getTime() : 0);
  const waiting = waited > 0 ? `; events wait for an open transaction since ${waited} seconds` : '';
  return `read up to now; unread: streams ${backlog.streams}, webhooks ${backlog.webhooks}${waiting}`;
}

function secondsOf(durationMs: number): number {
  return Math.round(durationMs / 1000);
}

/** Shows Prometheus event streams and the outbox. Nothing is queried for it: the figures are of the last poll, seconds ago. */
export function registerEventMetrics(registry: Registry, feed: Pick<EventFeed, 'health' | 'streams'>): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    const known: Gauge = new Gauge({ name, help, registers, collect: () => known.set(read()) });
  };
  gauge('event_streams_open', 'Event streams that this process holds open.', () => feed.streams.count);
  gauge(
    'outbox_oldest_unsettled_seconds',
    'How long a committed event has been waiting for a transaction that was open beside it.',
    () => ageOf(feed.health().waitingSince),
  );
  gauge('outbox_last_read_timestamp_seconds', 'When this process last read the outbox; 0: not yet.', () => {
    return (feed.health().lastReadAt?.getTime() ?? 0) / 1000;
  });
  const backlog = new Gauge({
    name: 'outbox_backlog_events',
    help: "Committed events that a reader has still to read, at most 10000: this process's streams, and the webhooks.",
    labelNames: ['reader'],
    registers,
    collect() {
      for (const [reader, events] of Object.entries(feed.health().backlog)) backlog.set({ reader }, events);
    },
  });
}

function ageOf(since: Date | undefined): number {
  return since ? (Date.now() - since.getTime()) / 1000 : 0;
}
