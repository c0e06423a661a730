import { expect, test } from '@jest/globals';
import { printReconciliation } from '../../cli/ops/print.ts';
import { withoutUnread } from '../../cli/ops/reconcile.ts';
import { driftOf } from '../../domain/reconciliation.ts';

test('without any worker it is said once that orders wait for one, and not of each that it disagrees', () => {
  const waiting = ['order-a', 'order-b'].map((orderId) => driftOf('workflow-unread', { orderId, detail: 'NoWorker' }));
  const pinned = driftOf('workflow-unread', { orderId: 'order-c', detail: 'NoWorkerOfVersion:countersign:v1' });
  expect(withoutUnread([...waiting, pinned])).toEqual({ drift: [pinned], unread: 2 });
  const printed = printReconciliation({ ...withoutUnread(waiting), notCompared: [] });
  expect(printed).toContain('2 running orders wait for a worker: none reads the queue.\nThe books agree.');
});
