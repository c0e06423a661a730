import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { ContinueAsNew, proxySinks, workflowInfo, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';
import { traceHeader } from '../../temporal.config.ts';

/** A run of a workflow as a span. */
export interface RunSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceFlags: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failed: boolean;
}

export interface TraceSinks extends Sinks {
  runs: { over(span: RunSpan): void };
}

const sinks = proxySinks<TraceSinks>();

/** The fields of a `traceparent`: version, trace, parent, flags. */
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Hands the trace of the request that began an order on to its steps, with the run between them. Only whoever starts the
 * order decides whether it is traced: then its first event has the header. No span is made in here, where it would draw
 * random numbers and await: the span of the run has an id that follows from the run's, and is made by the worker when it is
 * told that the run is over. So tracing can be turned on and off while orders run, and every history replays.
 */
export function interceptors(): WorkflowInterceptors {
  let run: Omit<RunSpan, 'endedAt' | 'failed'> | undefined;
  let added: Headers = {};
  const forward = <Input extends { readonly headers: Headers }>(input: Input): Input =>
    run ? { ...input, headers: { ...input.headers, ...added } } : input;
  const over = (failed: boolean): void => {
    if (run) sinks.runs.over({ ...run, endedAt: Date.now(), failed });
  };
  return {
    inbound: [
      {
        execute(input, next) {
          run = runOf(input.headers);
          if (!run) return next(input);
          added = { [traceHeader]: defaultPayloadConverter.toPayload({ traceparent: parentOf(run) }) };
          const running = next(input);
          void running.then(
            () => over(false),
            (fault: unknown) => over(!(fault instanceof ContinueAsNew)),
          );
          return running;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(forward(input)),
        scheduleLocalActivity: (input, next) => next(forward(input)),
        continueAsNew: (input, next) => next(forward(input)),
      },
    ],
  };
}

function runOf(headers: Headers): Omit<RunSpan, 'endedAt' | 'failed'> | undefined {
  const header = headers[traceHeader];
  if (!header) return undefined;
  const carrier = Object(defaultPayloadConverter.fromPayload(header)) as { readonly traceparent?: unknown };
  const [, traceId, parentSpanId, flags] = TRACE_PARENT.exec(String(carrier.traceparent)) ?? [];
  if (traceId === undefined || parentSpanId === undefined || flags === undefined) return undefined;
  const { runId, runStartTime } = workflowInfo();
  // Sixteen digits of a random number.
  const spanId = runId.replaceAll('-', '').slice(-16);
  return { traceId, spanId, parentSpanId, traceFlags: parseInt(flags, 16), startedAt: runStartTime.getTime() };
}

function parentOf({ traceId, spanId, traceFlags }: Pick<RunSpan, 'traceId' | 'spanId' | 'traceFlags'>): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
