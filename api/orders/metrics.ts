import type { Registry } from 'prom-client';
import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import { rowsNeedingAttention } from '../../office/attention/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { TaskQueueHealth } from '../../platform/order-health/health.ts';
import { shared } from '../../platform/order-health/shared.ts';
import type { AppDeps } from '../deps.ts';
import { FIGURE_TIMEOUT_MS, registerGauge, type Figure } from '../http/gauge.ts';

type Asked = Pick<AppDeps, 'orm' | 'gateway' | 'logger' | 'watching'>;

/** The books are asked alone after Temporal has not answered. */
const BOOKS_ALONE_MS = 2_500;

/**
 * How the orders are, for alerts: who reads the queues and for which version, what waits in them, and how many orders need a person, by
 * reason and by the cause of failing workflow tasks. Asked when scraped; while something cannot be asked, its figures are left out, which
 * is an alert of its own.
 */
export function registerOrderMetrics(registry: Registry, deps: Asked): void {
  const { gateway } = deps;
  const queues = () => withinDeadline(gateway.health.queues(), FIGURE_TIMEOUT_MS);
  const ofQueue = (name: string, help: string, figure: (queue: TaskQueueHealth) => number) =>
    registerGauge(registry, { name, help, labels: ['queue'] }, async () =>
      (await queues()).map((one) => ({ labels: { queue: one.queue }, value: figure(one) })),
    );
  ofQueue(
    'countersign_task_queue_readers',
    'Workers that asked the queue for tasks of new orders within 90 seconds.',
    ({ pollers }) => pollers,
  );
  ofQueue('countersign_task_queue_read', '1 when somebody takes the tasks of the queue, otherwise 0.', ({ ok }) =>
    Number(ok),
  );
  ofQueue(
    'countersign_task_queue_no_current_version',
    '1 when workers read the queue, but no version of their deployment is current, otherwise 0.',
    ({ reason }) => Number(reason === 'NoCurrentVersion'),
  );
  ofQueue(
    'countersign_task_queue_waiting',
    'Tasks in the queue that nobody has taken yet.',
    ({ backlog }) => backlog.tasks,
  );
  ofQueue(
    'countersign_task_queue_oldest_seconds',
    'How long the oldest of them has waited.',
    ({ backlog }) => backlog.oldestMs / 1000,
  );
  const ofVersion = (
    name: string,
    help: string,
    figure: (version: TaskQueueHealth['versions'][number], queue: TaskQueueHealth) => number,
  ) =>
    registerGauge(registry, { name, help, labels: ['queue', 'version'] }, async () =>
      (await queues()).flatMap((queue) =>
        queue.versions.map((one) => ({
          labels: { queue: queue.queue, version: one.version },
          value: figure(one, queue),
        })),
      ),
    );
  ofVersion(
    'countersign_version_readers',
    'Workers of the version that asked the queue for tasks within 90 seconds. Versions that are not drained.',
    ({ pollers }) => pollers,
  );
  ofVersion(
    'countersign_version_pinned',
    'Running workflows that only workers of the version may run; NaN when visibility does not say.',
    ({ pinned = Number.NaN }) => pinned,
  );
  ofVersion(
    'countersign_version_unread',
    '1 when nobody reads the queue for a version, though it gets new orders, all or a part, or workflows are pinned to it, ' +
      'otherwise 0; NaN when visibility does not say.',
    ({ version }, { unpolledVersions, currentVersion, ok }) => {
      if (version === currentVersion) return Number(!ok);
      const unread = unpolledVersions.find((one) => one.version === version);
      return unread && unread.pinned === undefined ? Number.NaN : Number(unread !== undefined);
    },
  );
  registerAttention(registry, deps);
}

function registerAttention(registry: Registry, { orm, watching, logger }: Asked): void {
  const byBooks = shared(BOOKS_ALONE_MS, () => withinDeadline(rowsNeedingAttention(orm.em.fork()), BOOKS_ALONE_MS));
  const look = async () => {
    try {
      const { orders, booksError } = await watching();
      return { orders, isWhole: booksError === undefined };
    } catch (error) {
      logger.warn({ err: error }, 'Temporal cannot be asked which orders need a person');
      return { orders: await byBooks(), isWhole: false };
    }
  };
  registerGauge(
    registry,
    {
      name: 'countersign_orders_needing_attention',
      help: 'Orders that need a person, by reason; every reason is listed in docs/operations.md.',
      labels: ['reason'],
    },
    async () => {
      const { orders, isWhole } = await look();
      // Where Temporal or the books were not asked, that none was found does not mean that there is none.
      const reasons = isWhole ? Object.keys(ATTENTION_REASONS) : [];
      return countedBy(orders, reasons, ({ attention }) => reasonKind(attention.reason), 'reason');
    },
  );
  registerGauge(
    registry,
    {
      name: 'countersign_workflow_tasks_failing',
      help: 'Orders whose workflow task fails each time it is run, by the cause that Temporal gives.',
      labels: ['cause'],
    },
    async () => {
      const { orders } = await watching();
      const failing = orders.filter(({ attention }) => reasonKind(attention.reason) === 'WorkflowTaskFailing');
      return countedBy(failing, [...CAUSES, OTHER_CAUSE], ({ cause }) => causeLabel(cause), 'cause');
    },
  );
}

/** The causes that tell what to do, as Temporal names them; a bounded set, for each is a series. */
const CAUSES = ['NonDeterministicError', 'WorkflowWorkerUnhandledFailure', 'UnhandledCommand', 'PayloadsTooLarge'];
const OTHER_CAUSE = 'other';

function causeLabel(cause: string | undefined): string {
  return CAUSES.find((known) => known === cause) ?? OTHER_CAUSE;
}

/** How many there are of each kind; of `kinds` also where there are none. */
function countedBy<Order>(
  orders: readonly Order[],
  kinds: readonly string[],
  kindOf: (order: Order) => string,
  label: string,
): Figure[] {
  const counts = new Map(kinds.map((kind) => [kind, 0]));
  for (const order of orders) counts.set(kindOf(order), (counts.get(kindOf(order)) ?? 0) + 1);
  return [...counts].map(([kind, value]) => ({ labels: { [label]: kind }, value }));
}
