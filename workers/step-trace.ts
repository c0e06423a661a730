import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry';
import { SpanKind, SpanStatusCode, type HrTime } from '@opentelemetry/api';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import type { Tracing } from '../platform/tracing.ts';
import { traceHeader } from '../temporal.config.ts';
import type { TraceSinks } from '../workflows/runtime/forward-trace.ts';

/** A span for each step of an order that is traced, as a part of the run that took it. */
export const traceSteps: ActivityInterceptorsFactory = (context) => {
  const interceptor = new OpenTelemetryActivityInboundInterceptor(context);
  return {
    inbound: {
      execute: (input, next) => (input.headers[traceHeader] ? interceptor.execute(input, next) : next(input)),
    },
  };
};

/** Where the workflows say that a run of theirs is over: it is a span, too. Without tracing nobody listens. */
export function runSink(tracing: Tracing | undefined): InjectedSinks<TraceSinks> {
  return {
    runs: {
      over: {
        fn(
          { workflowId, runId, workflowType },
          { traceId, spanId, parentSpanId, traceFlags, startedAt, endedAt, failed },
        ) {
          const spanContext = { traceId, spanId, traceFlags };
          tracing?.processor.onEnd({
            name: `RunWorkflow:${workflowType}`,
            kind: SpanKind.INTERNAL,
            spanContext: () => spanContext,
            parentSpanId,
            startTime: hrTime(startedAt),
            endTime: hrTime(endedAt),
            duration: hrTime(endedAt - startedAt),
            status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.OK },
            attributes: { temporalWorkflowId: workflowId, run_id: runId },
            links: [],
            events: [],
            ended: true,
            resource: tracing.resource,
            instrumentationLibrary: { name: 'countersign' },
            droppedAttributesCount: 0,
            droppedEventsCount: 0,
            droppedLinksCount: 0,
          });
        },
      },
    },
  };
}

/** Seconds and nanoseconds. */
function hrTime(timeMs: number): HrTime {
  return [Math.floor(timeMs / 1_000), Math.round((timeMs % 1_000) * 1e6)];
}
