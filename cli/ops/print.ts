import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import type { DriftKind } from '../../domain/reconciliation.ts';
import type { WaitingOrder } from '../../office/attention/index.ts';
import type { Reconciled } from './reconcile.ts';
import type { BatchLine } from './retry.ts';
import type { Stuck } from './stuck.ts';
import { counted } from './text.ts';

/** Who reads the queue, the orders as a table, and what to do about each kind of reason. */
export function printStuck({ notes, orders, unchecked }: Stuck): string {
  const missing = unchecked === undefined ? [] : [unchecked];
  if (orders.length === 0)
    return [...notes, unchecked === undefined ? 'No order needs anybody.' : `Nothing was found. ${unchecked}`].join(
      '\n',
    );
  const rows = orders.map(({ id, stage, step, reason, since, waitingOn }) => [
    id,
    stage,
    step,
    reason,
    since,
    waitingOn,
  ]);
  const kinds = new Set(orders.map(({ reason }) => reasonKind(reason)));
  return [
    ...notes,
    '',
    ...table(['order', 'stage', 'step', 'reason', 'since', 'waiting on'], rows),
    '',
    ...[...kinds].map((kind) => `${kind}: ${ATTENTION_REASONS[kind].meaning}; ${ATTENTION_REASONS[kind].whatToDo}`),
    '',
    ...missing,
    `${orders.length} in all.`,
  ].join('\n');
}

const NOBODY_WAITS =
  'No order waits for a party. Not counted: deliveries that are not due yet (--all), and what needs a person (ops stuck).';

/** Which orders wait for which party. */
export function printWaiting(orders: readonly WaitingOrder[], notes: readonly string[], unchecked?: string): string {
  if (orders.length === 0)
    return [...notes, unchecked === undefined ? NOBODY_WAITS : `Nothing was found. ${unchecked}`].join('\n');
  const rows = orders.map(({ id, stage, waitingFor, what, since }) => [
    id,
    stage,
    waitingFor,
    what,
    since.toISOString(),
  ]);
  return [
    ...notes,
    ...table(['order', 'stage', 'waits for', 'what for', 'since'], rows),
    '',
    ...(unchecked === undefined ? [] : [unchecked]),
    `${orders.length} in all. What an operator may do for a party stands on the order's card: ops show ORDER`,
  ].join('\n');
}

/** What became of each order of a batch. */
export function printBatch(lines: readonly BatchLine[]): string {
  const failed = lines.filter(({ done }) => !done).length;
  const sum = `${counted(lines.length, 'order')}${failed > 0 ? `, ${failed} of them did not go on` : ''}.`;
  return [...lines.map(({ id, outcome }) => `${id}: ${outcome}`), sum].join('\n');
}

/** What does not agree, by order or account, each with what to do, and what was not compared. */
export function printReconciliation({ drift, unread, notCompared }: Reconciled): string {
  const lines = drift.flatMap(({ kind, orderId, accountId, detail, whatToDo }) => [
    `${orderId ?? accountId ?? 'the ledger'}: ${kind}: ${detail}`,
    `  ${orderId === null ? whatToDo : whatToDo.replaceAll('ORDER', orderId)}`,
  ]);
  return [
    ...lines,
    ...(drift.filter(({ kind }) => APART.includes(kind)).length > 1 ? [ALL_AT_ONCE] : []),
    ...(unread > 0
      ? [`${counted(unread, 'running order')} ${unread === 1 ? 'waits' : 'wait'} for a worker: none reads the queue.`]
      : []),
    ...notCompared.map((part) => `Not compared: ${part}`),
    sumOf(drift.length, notCompared.length),
    'Orders that changed within the last minute are not compared with their workflows.',
  ].join('\n');
}

function sumOf(found: number, notCompared: number): string {
  if (found > 0) return `${counted(found, 'disagreement')}.`;
  return notCompared > 0 ? 'What was compared agrees; not everything was.' : 'The books agree.';
}

/** How orders and workflows stand apart after one of the two was restored to an older moment. */
const APART: readonly DriftKind[] = [
  'order-lost',
  'record-behind',
  'workflow-behind',
  'workflow-left-open',
  'workflow-missing',
  'workflow-without-order',
];
const ALL_AT_ONCE =
  'After a restore all of them at once: `npm run ops -- restore --from T --because …`, with T the moment to which the older of the two was restored.';

/** Columns for a terminal. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
