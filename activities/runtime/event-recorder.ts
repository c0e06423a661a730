import DataLoader from 'dataloader';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../../platform/orm.ts';
import { type Recorded, type StepRecord, recordStep } from '../../office/orders/index.ts';

/** Writes step records; those of the same moment, of one order or many, share one transaction. */
export interface EventRecorder {
  /** Resolves with whether this very record was written now. */
  record(step: StepRecord): Promise<Recorded>;
}

const BATCH_WINDOW_MS = 1;

/**
 * Batches records into one transaction, as a database groups its commits: the two notices of a completion cost one.
 * Rows are taken in the order of their ids, so two batches cannot deadlock. An order that somebody else holds does not keep
 * the others waiting: it is recorded by itself. When a batch fails, each of its steps fails and is tried again by its own
 * workflow.
 */
export function createEventRecorder(orm: Orm): EventRecorder {
  const loader = new DataLoader<StepRecord, Recorded | 'held'>(
    async (steps) => {
      const groups = grouped(steps).toSorted(([a], [b]) =>
        a.orderId < b.orderId ? -1 : Number(a.orderId > b.orderId),
      );
      const em = orm.em.fork();
      // One order's records are one statement, which needs no transaction around it.
      const written = await (groups.length > 1
        ? em.transactional((tx) => recordUnheld(tx, groups))
        : recordAll(em, groups));
      return steps.map((step) => written.get(step) ?? 'held');
    },
    { cache: false, batchScheduleFn: (dispatch) => setTimeout(dispatch, BATCH_WINDOW_MS), maxBatchSize: 32 },
  );
  return {
    async record(step) {
      const recorded = await loader.load(step);
      return recorded === 'held' ? recordStep(orm.em.fork(), step) : recorded;
    },
  };
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

type Written = Map<StepRecord, Recorded>;

/** Leaves those out whose order is locked just now. The rows need not be loaded, only locked in one order. */
async function recordUnheld(tx: EntityManager, groups: readonly Group[]): Promise<Written> {
  const ids = new Set(groups.map(([{ orderId }]) => orderId));
  if (ids.size === 1) return recordAll(tx, groups);
  const free = await tx.execute<{ id: string }[]>(
    'select id from orders where id = any(?::text[]) order by id for no key update skip locked',
    [`{${[...ids].join(',')}}`],
  );
  const unheld = new Set(free.map(({ id }) => id));
  return recordAll(
    tx,
    groups.filter(([{ orderId }]) => unheld.has(orderId)),
  );
}

async function recordAll(tx: EntityManager, groups: readonly Group[]): Promise<Written> {
  const written: Written = new Map();
  for (const group of groups) await recordGroup(tx, group, written);
  return written;
}

async function recordGroup(tx: EntityManager, group: Group, written: Written): Promise<void> {
  const [first] = group;
  const together = await recordStep(tx, { ...first, events: group.flatMap(({ events }) => events) });
  // The first was on record already, or came too late: that says nothing about the others.
  for (const step of group) written.set(step, together.recorded ? together : await recordStep(tx, step));
}

function movesNothing({ orderId: _order, events: _events, ...moves }: StepRecord): boolean {
  return Object.values(moves).every((value) => value === undefined);
}
