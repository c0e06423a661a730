import { setHandler } from '@temporalio/workflow';
import type { SituationReport } from '../domain/delivery.ts';
import { deliveryConfirmed, distributionEvent } from './messages.ts';
import type { Story } from './story.ts';

const KINDS = ['picked_up', 'in_transit', 'failed_attempt', 'returned', 'lost'] as const;
const COMPACT_JWE = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/;
const NOTE_LENGTH = 500;

/** Signals cannot be refused: what is malformed is passed over, so that nothing an outside party sends can hurt the story. */
export function listenToDistributor(story: Story): void {
  setHandler(deliveryConfirmed, (signal) => {
    if (!isReport(signal, 'deliveredAt')) return;
    const { eventId, deliveredAt, receivedBy } = signal;
    // Only a JWE is kept: a name in clear, typed by hand, has no place in the database.
    const sealed = typeof receivedBy === 'string' && COMPACT_JWE.test(receivedBy);
    keep(story, {
      eventId,
      kind: 'delivered',
      occurredAt: deliveredAt,
      ...(sealed && { receivedBySealed: receivedBy }),
    });
  });
  setHandler(distributionEvent, (signal) => {
    if (!isReport(signal, 'occurredAt') || !KINDS.includes(signal.kind)) return;
    const { eventId, kind, occurredAt, note } = signal;
    keep(story, { eventId, kind, occurredAt, ...(typeof note === 'string' && { note: note.slice(0, NOTE_LENGTH) }) });
  });
}

/** The same event told twice is one event. */
function keep(story: Story, report: SituationReport): void {
  if (!story.reports.has(report.eventId)) story.reports.set(report.eventId, report);
}

function isReport(signal: unknown, time: string): boolean {
  if (typeof signal !== 'object' || signal === null) return false;
  const fields = signal as Record<string, unknown>;
  const { eventId } = fields;
  if (typeof eventId !== 'string' || eventId === '' || eventId.length > 200) return false;
  return typeof fields[time] === 'string' && !Number.isNaN(Date.parse(fields[time]));
}
