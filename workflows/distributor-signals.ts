import { setHandler } from '@temporalio/workflow';
import { isDecided, type DistributionKind, type SituationReport } from '../domain/delivery.ts';
import { isRecord, isText, readInstant } from './message-shapes.ts';
import { deliveryConfirmed, distributionEvent } from './messages.ts';
import type { Story } from './story.ts';

const KINDS: readonly unknown[] = ['picked_up', 'in_transit', 'failed_attempt', 'returned', 'lost'];
const COMPACT_JWE = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST_JWE = 8_192;
const LONGEST_EVENT_ID = 200;
/** Nobody's goods make more stops. Beyond it only what decides the delivery counts, so that a flood ends in nothing. */
const MOST_REPORTS = 200;

/** Signals cannot be refused: what is malformed is passed over, so that nothing an outside party sends can hurt the story. */
export function listenToDistributor(story: Story): void {
  setHandler(deliveryConfirmed, (signal: unknown) => {
    if (isRecord(signal)) keep(story, 'delivered', signal, signal['deliveredAt']);
  });
  setHandler(distributionEvent, (signal: unknown) => {
    if (isRecord(signal) && isKind(signal['kind'])) keep(story, signal['kind'], signal, signal['occurredAt']);
  });
}

/** The same event told twice is one event. */
function keep(story: Story, kind: DistributionKind, signal: Record<string, unknown>, time: unknown): void {
  const { eventId, note, receivedBy } = signal;
  const occurredAt = readInstant(time);
  if (!isText(eventId) || eventId.length > LONGEST_EVENT_ID || occurredAt === undefined) return;
  if (story.reports.has(eventId) || (story.reports.size >= MOST_REPORTS && !isDecided(kind))) return;
  const report: SituationReport = {
    eventId,
    kind,
    occurredAt,
    ...(kind !== 'delivered' && isText(note) && { note }),
    ...(kind === 'delivered' && isSealed(receivedBy) && { receivedBySealed: receivedBy }),
  };
  story.reports.set(eventId, report);
}

function isKind(kind: unknown): kind is DistributionKind {
  return KINDS.includes(kind);
}

/** Only a JWE is kept: a name in clear, typed by hand, has no place in the database. */
function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_JWE && COMPACT_JWE.test(value);
}
