import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import { until } from '../../support/until.ts';
import type { OrderServer } from '../../support/temporal.ts';

const { EventType } = proto.temporal.api.enums.v1;
const { History } = proto.temporal.api.history.v1;
type IHistory = proto.temporal.api.history.v1.IHistory;

/** A client of the test's own namespace; close it. */
export async function temporalClient({ address, namespace }: OrderServer): Promise<Client> {
  return new Client({ connection: await Connection.connect({ address }), namespace });
}

/** What the server keeps of one order. */
export interface OrderHistory {
  readonly history: IHistory;
  /** The events' names in their order, without `EVENT_TYPE_`. */
  readonly events: readonly string[];
  readonly workflowTasks: number;
  /** As the server stores it: the events' protobuf. */
  readonly bytes: number;
  /** As the Temporal UI and CLI export it. */
  readonly json: string;
}

export async function historyOf(client: Client, orderId: string): Promise<OrderHistory> {
  const history = await client.workflow.getHandle(orderId).fetchHistory();
  const events = (history.events ?? []).map(({ eventType }) => EventType[eventType ?? 0]!.replace('EVENT_TYPE_', ''));
  return {
    history,
    events,
    workflowTasks: events.filter((name) => name === 'WORKFLOW_TASK_COMPLETED').length,
    bytes: History.encode(history).finish().byteLength,
    json: historyToJSON(history),
  };
}

/** Waits until an order's workflow has taken an update of that name, which it need not have answered yet. */
export async function untilTaken(client: Client, orderId: string, name: string): Promise<void> {
  await until(
    async () => (await client.workflow.getHandle(orderId).fetchHistory()).events ?? [],
    (events) =>
      events.some((event) => {
        const taken = event.workflowExecutionUpdateAcceptedEventAttributes;
        return taken?.acceptedRequest?.input?.name === name;
      }),
    { what: `${name} taken by ${orderId}` },
  );
}

/** Waits until an order's workflow is over. */
export async function closedHistoryOf(client: Client, orderId: string): Promise<OrderHistory> {
  await client.workflow.getHandle(orderId).result();
  return historyOf(client, orderId);
}
