import { setHandler } from '@temporalio/workflow';
import { isDecisive, type DistributionKind, type SituationReport } from '../../domain/delivery.ts';
import { timeouts } from '../../temporal.config.ts';
import { ignore } from './ignored.ts';
import { isRecord, isText, readInstant } from './shapes.ts';
import { deliveryConfirmed, distributionEvent } from './definitions.ts';
import { keepReport } from '../steps/recall.ts';
import { reportKey, type Story } from '../runtime/story.ts';

const KINDS: readonly unknown[] = ['picked_up', 'in_transit', 'failed_attempt', 'returned', 'lost'];
const COMPACT_JWE = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST_JWE = 8_192;
const LONGEST_EVENT_ID = 200;
/** So many scans are remembered by their ids, the latest ones. What decides something is never forgotten. */
const MOST_SCANS = 200;

/** Signals cannot be refused: what nobody can read is passed over and noted, so that nothing from outside can hurt the story. */
export function listenToDistributor(story: Story): void {
  setHandler(deliveryConfirmed, (signal: unknown) => {
    hearReport(story, 'deliveryConfirmed', signal, (said) => reportIn(story, 'delivered', said, said['deliveredAt']));
  });
  setHandler(distributionEvent, (signal: unknown) => {
    hearReport(story, 'distributionEvent', signal, (said) =>
      isKind(said['kind'])
        ? reportIn(story, said['kind'], said, said['occurredAt'])
        : `kind must be one of ${KINDS.join(', ')}`,
    );
  });
}

/** What stands in a signal, or what is wrong with it. */
type Reading = SituationReport | string;

function hearReport(
  story: Story,
  signal: string,
  said: unknown,
  read: (said: Record<string, unknown>) => Reading,
): void {
  const report = isRecord(said) ? read(said) : 'it must be a JSON object';
  if (typeof report === 'string') return ignore(story, signal, report);
  keepReport(story, report);
  forgetOldScans(story);
}

function reportIn(story: Story, kind: DistributionKind, said: Record<string, unknown>, time: unknown): Reading {
  const { eventId, note, receivedBy } = said;
  const occurredAt = readInstant(time);
  if (!isText(eventId) || eventId.length > LONGEST_EVENT_ID) return 'eventId must be text of 1 to 200 characters';
  if (occurredAt === undefined || !isPlausible(story, occurredAt))
    return 'its time lies too far from the order, or ahead';
  return {
    eventId,
    kind,
    occurredAt,
    ...(kind !== 'delivered' && isText(note) && { note }),
    ...(kind === 'delivered' && isSealed(receivedBy) && { receivedBySealed: receivedBy }),
  };
}

/** Roughly between the order and now: neither the year 1970 nor 9999 settles anybody's money. */
function isPlausible({ input }: Story, occurredAt: string): boolean {
  const time = Date.parse(occurredAt);
  return time >= Date.parse(input.requestedAt) - timeouts.reportEarlyMs && time <= Date.now() + timeouts.reportAheadMs;
}

function forgetOldScans({ reports }: Story): void {
  const scans = [...reports.values()].filter(({ kind }) => !isDecisive(kind));
  for (const scan of scans.slice(0, -MOST_SCANS)) reports.delete(reportKey(scan));
}

function isKind(kind: unknown): kind is DistributionKind {
  return KINDS.includes(kind);
}

/** Only a JWE is kept: a name in plain text, typed by hand, has no place in the database. */
function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_JWE && COMPACT_JWE.test(value);
}
