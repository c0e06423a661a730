import { Gauge, type Registry } from 'prom-client';
import type { EventHub } from './hub.ts';

/** Tells Prometheus about event streams and the outbox. Nothing is asked for it: the figures are of the last look, seconds ago. */
export function measureEvents(registry: Registry, hub: Pick<EventHub, 'health' | 'streams'>): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    const known: Gauge = new Gauge({ name, help, registers, collect: () => known.set(read()) });
  };
  gauge('event_streams_open', 'Event streams that this process holds open.', () => hub.streams.count);
  gauge(
    'outbox_oldest_unsettled_seconds',
    'How long a committed event has been waiting for a transaction that was open beside it.',
    () => ageOf(hub.health().waitingSince),
  );
  gauge('outbox_last_read_timestamp_seconds', 'When this process last read the outbox; 0: not yet.', () => {
    return (hub.health().lastReadAt?.getTime() ?? 0) / 1000;
  });
  const backlog = new Gauge({
    name: 'outbox_backlog_events',
    help: "Committed events that a reader has still to read, at most 10000: this process's streams, and the webhooks.",
    labelNames: ['reader'],
    registers,
    collect() {
      for (const [reader, events] of Object.entries(hub.health().backlog)) backlog.set({ reader }, events);
    },
  });
}

function ageOf(since: Date | undefined): number {
  return since ? (Date.now() - since.getTime()) / 1000 : 0;
}
