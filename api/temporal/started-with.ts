import type { Client } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import type { OrderInput } from '../../workflows/messages/definitions.ts';

/** What an order's workflow was started with: as its first event says, also while no worker is there to ask. */
export async function startedWith(client: Client, orderId: OrderId): Promise<OrderInput> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: workflowIdOf(orderId) },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  return decodeFromPayloadsAtIndex<OrderInput>(client.options.loadedDataConverter, 0, payloads);
}
