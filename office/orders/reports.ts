import type { EntityManager } from '@mikro-orm/postgresql';
import {
  isUnexpectedAfterEnd,
  REPORT_AFTER_END,
  situationOf,
  type DistributionKind,
  type SituationReport,
} from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { Attention } from '../../domain/order.ts';
import { isEnded } from '../../domain/stages.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { raiseAttention } from './attention.ts';
import { lockStanding, noteEvents, type StepRecord } from './step-record.ts';

/** What a distributor said, as its event in the timeline keeps it. */
export function reportEvent(distributorId: string, report: SituationReport): NewEvent {
  const { eventId, kind, occurredAt, note, receivedBySealed } = report;
  const body = { kind, eventId, ...(note && { note }), ...(receivedBySealed && { receivedBySealed }) };
  return { key: keyOf(eventId), type: 'distribution_reported', actor: distributorId, occurredAt, body };
}

/** Moves the order to `in_distribution` when the goods left, as far as it may still be moved. */
export function situationRecord(
  orderId: OrderId,
  distributorId: string,
  reports: readonly SituationReport[],
  status: string,
): StepRecord {
  return {
    orderId,
    stage: 'in_distribution',
    from: ['scheduled', 'in_distribution'],
    distributionStatus: status,
    reports,
    events: reports.map((report) => reportEvent(distributorId, report)),
  };
}

/** A report as it came to be on record. */
export interface RecordedReport {
  /** Recorded now; otherwise `known` is the one that the event's id was used for before. */
  readonly isNew: boolean;
  readonly known: SituationReport;
  /** The order has ended: its workflow need not be signalled. */
  readonly ended: boolean;
}

/**
 * Puts a distributor's report on record, whatever has become of the order. One that does not fit an order that has ended
 * raises attention there, which stays until an operator acknowledges it.
 */
export async function recordReport(
  tx: EntityManager,
  orderId: OrderId,
  distributorId: string,
  report: SituationReport,
): Promise<Outcome<RecordedReport, 'order-not-found'>> {
  const { stage, ending } = await lockStanding(tx, orderId);
  if (stage === undefined) return refused('order-not-found', 'There is no such order.');
  const ended = isEnded(stage);
  // From its decision on the end of an order stands: what does not fit it does not fit from then on.
  const decided = ended || ending !== undefined || stage === 'delivered';
  const [known] = await readReports(tx, orderId, report.eventId);
  const isUnexpected =
    !known && decided && isUnexpectedAfterEnd(situationOf(await readReports(tx, orderId)), report.kind);
  if (!known) await insertReport(tx, orderId, report);
  // While the order is open its story takes the report up, and the timeline tells what it made of it.
  if (ended) await noteEvents(tx, orderId, [reportEvent(distributorId, known ?? report)]);
  if (isUnexpected) await raise(tx, orderId, report);
  return done({ isNew: !known, known: known ?? report, ended });
}

/**
 * An order that ends early needs an operator from its first moment on when reports are on record that its story had not
 * taken up when it decided, and that do not fit the end: goods that travel, or are delivered.
 */
export async function raiseReportsAfterEnd(
  tx: EntityManager,
  { orderId, distributorId }: { orderId: OrderId; distributorId: string },
): Promise<void> {
  const reports = await readReports(tx, orderId);
  const takenUp = await takenUpEventIds(tx, orderId);
  const situation = situationOf(reports.filter(({ eventId }) => takenUp.has(eventId)));
  const unexpected = reports.filter(
    ({ eventId, kind }) => !takenUp.has(eventId) && isUnexpectedAfterEnd(situation, kind),
  );
  await noteEvents(
    tx,
    orderId,
    unexpected.map((report) => reportEvent(distributorId, report)),
  );
  const last = unexpected.at(-1);
  if (last) await raise(tx, orderId, last);
}

/** The timeline has an event of each report that the story has taken up. */
async function takenUpEventIds(em: EntityManager, orderId: OrderId): Promise<ReadonlySet<string>> {
  const rows = await em.execute<{ id: string }[]>(
    `select body->>'eventId' as id from order_events where order_id = ? and type = 'distribution_reported'`,
    [orderId],
  );
  return new Set(rows.map(({ id }) => id));
}

/** The order is open on record and its workflow cannot be signalled: nobody goes on with it until an operator resumes it. */
export async function raiseUnattended(tx: EntityManager, orderId: OrderId, reason: string): Promise<void> {
  const { stage } = await lockStanding(tx, orderId);
  // It ended between the two: what was reported is on record, and the end has judged it.
  if (stage === undefined || isEnded(stage)) return;
  const attention: Attention = { step: 'workflow', reason, since: new Date().toISOString(), waitingOn: 'operator' };
  await raiseAttention(tx, orderId, attention, { key: `attention_raised:${reason}` });
}

/** The reports of an order that are on record, in the order of recording; with `eventId` that one alone. */
export async function readReports(
  em: EntityManager,
  orderId: OrderId,
  eventId: string | null = null,
): Promise<SituationReport[]> {
  const rows = await em.execute<ReportRow[]>(
    `select event_id, kind, occurred_at, note, received_by_sealed from distribution_reports
     where order_id = ? and event_id = coalesce(?::text, event_id) order by id`,
    [orderId, eventId],
  );
  return rows.map((row) => ({
    eventId: row.event_id,
    kind: row.kind,
    occurredAt: new Date(row.occurred_at).toISOString(),
    ...(row.note !== null && { note: row.note }),
    ...(row.received_by_sealed !== null && { receivedBySealed: row.received_by_sealed }),
  }));
}

interface ReportRow {
  event_id: string;
  kind: DistributionKind;
  occurred_at: string | Date;
  note: string | null;
  received_by_sealed: string | null;
}

async function insertReport(tx: EntityManager, orderId: OrderId, report: SituationReport): Promise<void> {
  const { eventId, kind, occurredAt, note, receivedBySealed } = report;
  await tx.execute(
    `insert into distribution_reports (order_id, event_id, kind, occurred_at, note, received_by_sealed)
     values (?, ?, ?, ?, ?, ?)`,
    [orderId, eventId, kind, occurredAt, note ?? null, receivedBySealed ?? null],
  );
}

async function raise(tx: EntityManager, orderId: OrderId, { eventId, kind }: SituationReport): Promise<void> {
  const attention: Attention = { ...REPORT_AFTER_END, since: new Date().toISOString(), waitingOn: 'operator' };
  await raiseAttention(tx, orderId, attention, {
    key: `attention_raised:report:${eventId}`,
    about: { eventId, kind },
  });
}

function keyOf(eventId: string): string {
  return `distribution:${eventId}`;
}
