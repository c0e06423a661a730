import type { ReconciliationResult } from '../workflows/reconciliation.ts';
import type { BatchLine, StuckOrder } from './ops-orders.ts';

const COLUMNS = ['id', 'stage', 'step', 'reason', 'since', 'waitingOn'] as const;

/** A table for a terminal. */
export function printStuck(orders: readonly StuckOrder[]): string {
  if (orders.length === 0) return 'No order needs anybody.';
  const header: StuckOrder = {
    id: 'order',
    stage: 'stage',
    step: 'step',
    reason: 'reason',
    since: 'since',
    waitingOn: 'waiting on',
  };
  const rows = [header, ...orders];
  const widths = COLUMNS.map((column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: StuckOrder): string =>
    COLUMNS.map((column, index) => row[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [...rows.map(line), '', `${orders.length} in all.`].join('\n');
}

/** What became of each order of a batch. */
export function printBatch(lines: readonly BatchLine[]): string {
  const failed = lines.filter(({ done }) => !done).length;
  const sum = `${lines.length} orders${failed > 0 ? `, ${failed} of them refused` : ''}.`;
  return [...lines.map(({ id, outcome }) => `${id}: ${outcome}`), sum].join('\n');
}

/** What does not agree, by order or account, each with what to do. */
export function printReconciliation({ swept, drift }: ReconciliationResult): string {
  const lines = drift.flatMap(({ kind, orderId, accountId, detail, whatToDo }) => [
    `${orderId ?? accountId ?? 'the ledger'}: ${kind}: ${detail}`,
    `  ${whatToDo}`,
  ]);
  const sum = drift.length === 0 ? 'The books agree.' : `${drift.length} disagreements.`;
  return [...lines, ...swept.map((id) => `${id}: its check had run out; swept`), sum].join('\n');
}
