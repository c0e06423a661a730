import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { requestIdHeader } from '../../temporal.config.ts';

/**
 * Hands the id of the request that began an order on to its steps, as a header: their lines and messages carry it. Nothing
 * here awaits, draws a random number or adds a command, so that histories which were recorded without it replay.
 */
export function interceptors(): WorkflowInterceptors {
  // The memo is not known yet while the interceptors are made.
  let added: Headers | undefined;
  const forward = <Input extends { readonly headers: Headers }>(input: Input): Input => {
    added ??= headersOf(requestId());
    return { ...input, headers: { ...input.headers, ...added } };
  };
  return {
    outbound: [
      {
        scheduleActivity: (input, next) => next(forward(input)),
        scheduleLocalActivity: (input, next) => next(forward(input)),
        getLogAttributes: (attributes, next) => next({ ...attributes, ...idsOf(requestId()) }),
      },
    ],
  };
}

/** Orders alone have one. */
function requestId(): string | undefined {
  const id: unknown = workflowInfo().memo?.['requestId'];
  return typeof id === 'string' ? id : undefined;
}

function headersOf(id: string | undefined): Headers {
  return id === undefined ? {} : { [requestIdHeader]: defaultPayloadConverter.toPayload(id) };
}

function idsOf(id: string | undefined): Record<string, string> {
  return id === undefined ? {} : { requestId: id, orderId: workflowInfo().workflowId };
}
