import type { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInterceptorsFactory } from '@temporalio/worker';
import { withIds, type Ids } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import { requestIdHeader } from '../temporal.config.ts';
import { ORDER_WORKFLOW } from '../workflows/messages/definitions.ts';

/**
 * One line for each step that was done, and the ids of its order in every line of it: the request that began the order, as the
 * workflow hands it on, the order, and the workflow. That a step failed is Temporal's own line, which gets the ids, too.
 */
export function logSteps(logger: Logger): ActivityInterceptorsFactory {
  return (context) => {
    let ids: Ids = {};
    return {
      inbound: {
        execute(input, next) {
          ids = idsOf(context, input);
          return withIds(ids, async () => {
            const startedAt = performance.now();
            const result = await next(input);
            const { activityType: step, attempt } = context.info;
            logger.info({ step, attempt, durationMs: Math.round(performance.now() - startedAt) }, 'step done');
            return result;
          });
        },
      },
      outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...ids }) },
    };
  };
}

function idsOf({ info }: Context, { headers, args: [named] }: ActivityExecuteInput): Ids {
  const workflowId = info.workflowExecution?.workflowId;
  const orderId = info.workflowType === ORDER_WORKFLOW ? workflowId : orderIn(named);
  const header = headers[requestIdHeader];
  const requestId = header && defaultPayloadConverter.fromPayload<unknown>(header);
  return {
    ...(typeof requestId === 'string' && { requestId }),
    ...(orderId !== undefined && { orderId }),
    ...(workflowId !== undefined && { workflowId }),
  };
}

/** What is done for an order by another workflow than its own names it. */
function orderIn(input: unknown): string | undefined {
  const { orderId } = Object(input) as { readonly orderId?: unknown };
  return typeof orderId === 'string' ? orderId : undefined;
}
