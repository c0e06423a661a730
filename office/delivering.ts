import DataLoader from 'dataloader';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../platform/orm.ts';
import type { SituationReport } from '../domain/delivery.ts';
import { recordStep, type StepRecord } from './order-record.ts';

/** Writes step records; those of the same moment, of one order or many, share one transaction. */
export interface Notary {
  record(step: StepRecord): Promise<void>;
}

const GATHER_MS = 1;

/**
 * Gathers records into one transaction, as a database groups its commits: the two notices of a completion cost one.
 * Rows are taken in the order of their ids, so two gatherings cannot deadlock. When a gathering fails, each of its steps
 * fails and is tried again by its own workflow.
 */
export function createNotary(orm: Orm): Notary {
  const loader = new DataLoader<StepRecord, boolean>(
    async (steps) => {
      const groups = grouped(steps).toSorted(([a], [b]) =>
        a.orderId < b.orderId ? -1 : Number(a.orderId > b.orderId),
      );
      const em = orm.em.fork();
      // One order's records are one statement, which needs no transaction around it.
      await (groups.length > 1 ? em.transactional((tx) => recordAll(tx, groups)) : recordAll(em, groups));
      return steps.map(() => true);
    },
    { cache: false, batchScheduleFn: (dispatch) => setTimeout(dispatch, GATHER_MS), maxBatchSize: 32 },
  );
  return { record: async (step) => void (await loader.load(step)) };
}

type Group = [StepRecord, ...StepRecord[]];

/** Records that move nothing join the one before them of the same order: the two notices of a completion are one statement. */
function grouped(steps: readonly StepRecord[]): Group[] {
  const groups: Group[] = [];
  for (const step of steps) {
    const before = groups.findLast(([first]) => first.orderId === step.orderId);
    if (before && movesNothing(step)) before.push(step);
    else groups.push([step]);
  }
  return groups;
}

async function recordAll(tx: EntityManager, groups: readonly Group[]): Promise<void> {
  for (const group of groups) await recordGroup(tx, group);
}

async function recordGroup(tx: EntityManager, group: Group): Promise<void> {
  const [first] = group;
  const { recorded } = await recordStep(tx, { ...first, events: group.flatMap(({ events }) => events) });
  // The first was on record already, or came too late: that says nothing about the others.
  if (!recorded) for (const step of group) await recordStep(tx, step);
}

function movesNothing({ orderId: _order, events: _events, ...moves }: StepRecord): boolean {
  return Object.values(moves).every((value) => value === undefined);
}

/** What the distributor reported, noted once by its event id; moves the order to `in_distribution` when the goods left. */
export function reportRecord(
  orderId: string,
  distributorId: string,
  report: SituationReport,
  status: string,
): StepRecord {
  const { eventId, kind, occurredAt, note, receivedBySealed } = report;
  const body = { kind, eventId, ...(note && { note }), ...(receivedBySealed && { receivedBySealed }) };
  return {
    orderId,
    stage: 'in_distribution',
    from: ['scheduled', 'in_distribution'],
    distributionStatus: status,
    events: [{ key: `distribution:${eventId}`, type: 'distribution_reported', actor: distributorId, occurredAt, body }],
  };
}

export interface Completion {
  readonly orderId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly checkNumber: string;
  readonly confirmation: SituationReport;
}

/** The completion reaches the seller and is acknowledged (claim 12). The order is `delivered`. */
export function sellerNotice({ orderId, sellerId, distributorId, confirmation }: Completion): StepRecord {
  const { eventId, occurredAt, receivedBySealed } = confirmation;
  const proof = { eventId, deliveredAt: occurredAt, ...(receivedBySealed && { receivedBySealed }) };
  return {
    orderId,
    stage: 'delivered',
    distributionStatus: 'delivered',
    events: [
      { key: 'distribution_completed', type: 'distribution_completed', actor: distributorId, occurredAt, body: proof },
      {
        key: 'completion_notified_seller',
        type: 'completion_notified_seller',
        actor: distributorId,
        recipient: sellerId,
        body: { eventId, acknowledgedBy: sellerId },
      },
    ],
  };
}

/** The same completion reaches the check office (claim 23), which releases the settlement. */
export function officeNotice({ orderId, distributorId, checkNumber, confirmation }: Completion): StepRecord {
  const key = 'completion_notified_office';
  const body = { eventId: confirmation.eventId, checkNumber };
  return { orderId, events: [{ key, type: key, actor: distributorId, recipient: 'check-office', body }] };
}
