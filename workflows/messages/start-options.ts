import type { WorkflowStartOptions } from '@temporalio/client';
import { defaultPayloadConverter, RawValue, type PayloadConverter } from '@temporalio/common';
import { workflowIdOf } from '../../domain/ids.ts';
import { READABLE_PAYLOAD, taskQueues, workflowTaskTimeout } from '../../temporal.config.ts';
import { attributesAtStart } from '../runtime/visibility.ts';
import type { OrderInput } from './definitions.ts';

/** How an order's workflow is started the first time: never twice, whatever has become of the first. */
export function startOptions(input: OrderInput, requestId: string) {
  return {
    ...everyStart(input, requestId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  } as const satisfies WorkflowStartOptions;
}

/** How it is started again by an operator: only where none runs. */
export function resumeOptions(input: OrderInput, requestId: string) {
  return {
    ...everyStart(input, requestId),
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  } as const satisfies WorkflowStartOptions;
}

/** How it is started again where the running one knows less than the record: that one is terminated with the start. */
export function restartOptions(input: OrderInput, requestId: string) {
  return { ...resumeOptions(input, requestId), workflowIdConflictPolicy: 'TERMINATE_EXISTING' } as const;
}

function everyStart(input: OrderInput, requestId: string) {
  return {
    workflowId: workflowIdOf(input.orderId),
    taskQueue: taskQueues.orders,
    workflowTaskTimeout,
    args: [{ ...input, backgroundAtRest: true }],
    memo: { requestId: new RawValue(requestId, readable) },
    typedSearchAttributes: attributesAtStart(input),
    staticSummary: `from ${input.sellerId}, brought by ${input.distributorId}`,
    staticDetails: detailsOf(input),
  } satisfies WorkflowStartOptions;
}

/** No personal data: who looks for a request must find it without any key. */
const readable: PayloadConverter = {
  fromPayload: (payload) => defaultPayloadConverter.fromPayload(payload),
  toPayload(value) {
    const payload = defaultPayloadConverter.toPayload(value);
    return { ...payload, metadata: { ...payload.metadata, [READABLE_PAYLOAD]: new Uint8Array([1]) } };
  },
};

/** What stays true of an order, as the Temporal UI shows it. Where it stands is on the card beside it. No personal data. */
function detailsOf({ sellerId, distributorId, lines, settleOn }: OrderInput): string {
  const goods = lines.slice(0, 5).map(({ sku, quantity }) => `${quantity} × ${sku}`);
  if (lines.length > goods.length) goods.push(`${lines.length - goods.length} more`);
  const paid = settleOn === undefined ? 'as its registration has it' : `on ${settleOn}`;
  return `**${goods.join(', ')}** from ${sellerId}, brought by ${distributorId}; the seller is paid ${paid}.`;
}
