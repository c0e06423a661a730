import type { EntityManager } from '@mikro-orm/postgresql';
import { WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import { isUnexpectedAfterEnd, REPORT_AFTER_END, situationOf, type SituationReport } from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import { type Attention, isEnded } from '../../domain/order.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { DistributionReport } from '../../entities/distribution-report.entity.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { raiseAttention } from './attention.ts';
import { lockOrderState, noteEvents, type StepRecord } from './step-record.ts';

/** What a distributor said, as its event in the timeline keeps it. */
function reportEvent(distributorId: string, report: SituationReport): NewEvent {
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
  const { stage, ending } = await lockOrderState(tx, orderId);
  if (stage === undefined) return refused('order-not-found', 'There is no such order.');
  const ended = isEnded(stage);
  // From its decision on the end of an order stands: what does not fit it does not fit from then on.
  const decided = ended || ending !== undefined || stage === 'delivered';
  const [known] = await readReports(tx, orderId, report.eventId);
  const isUnexpected =
    !known && decided && isUnexpectedAfterEnd(situationOf(await readReports(tx, orderId)), report.kind);
  if (!known) await insertReport(tx, orderId, report);
  // While the order is open its workflow handles the report, and notes in the timeline what came of it.
  if (ended) await noteEvents(tx, orderId, [reportEvent(distributorId, known ?? report)]);
  if (isUnexpected) await raise(tx, orderId, report);
  return done({ isNew: !known, known: known ?? report, ended });
}

/**
 * An order that ends early needs an operator from its first moment on when reports are on record that its workflow
 * had not handled when it decided, and that do not fit the end: goods that travel, or are delivered.
 */
export async function raiseReportsAfterEnd(
  tx: EntityManager,
  { orderId, distributorId }: { orderId: OrderId; distributorId: string },
): Promise<void> {
  const reports = await readReports(tx, orderId);
  const handled = await handledEventIds(tx, orderId);
  const situation = situationOf(reports.filter(({ eventId }) => handled.has(eventId)));
  const unexpected = reports.filter(
    ({ eventId, kind }) => !handled.has(eventId) && isUnexpectedAfterEnd(situation, kind),
  );
  await noteEvents(
    tx,
    orderId,
    unexpected.map((report) => reportEvent(distributorId, report)),
  );
  const last = unexpected.at(-1);
  if (last) await raise(tx, orderId, last);
}

/** The timeline has an event of each report that the workflow has handled. */
async function handledEventIds(em: EntityManager, orderId: OrderId): Promise<ReadonlySet<string>> {
  const where = { orderId, type: 'distribution_reported' } as const;
  const events = await em.find(OrderEvent, where, { disableIdentityMap: true });
  return new Set(events.map(({ body }) => String(body['eventId'])));
}

/** The order is open on record and its workflow cannot be signalled: nobody goes on with it until an operator resumes it. */
export async function raiseUnattended(tx: EntityManager, orderId: OrderId, reason: string): Promise<void> {
  const { stage } = await lockOrderState(tx, orderId);
  // It ended between the two: what was reported is on record, and the end has judged it.
  if (stage === undefined || isEnded(stage)) return;
  const attention: Attention = { step: WORKFLOW_STEP, reason, since: new Date().toISOString(), waitingOn: 'operator' };
  await raiseAttention(tx, orderId, attention, { key: `attention_raised:${reason}` });
}

/** The reports of an order that are on record, in the order of recording; with `eventId` that one alone. */
export async function readReports(em: EntityManager, orderId: OrderId, eventId?: string): Promise<SituationReport[]> {
  const where = { orderId, ...(eventId !== undefined && { eventId }) };
  const reports = await em.find(DistributionReport, where, { orderBy: { id: 'asc' }, disableIdentityMap: true });
  return reports.map((report) => ({
    eventId: report.eventId,
    kind: report.kind,
    occurredAt: report.occurredAt.toISOString(),
    ...(report.note !== null && { note: report.note }),
    ...(report.receivedBySealed !== null && { receivedBySealed: report.receivedBySealed }),
  }));
}

async function insertReport(tx: EntityManager, orderId: OrderId, report: SituationReport): Promise<void> {
  await tx.insert(DistributionReport, { ...report, orderId, occurredAt: new Date(report.occurredAt) });
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
