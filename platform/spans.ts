import { context, propagation, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

const tracer = trace.getTracer('countersign');

/**
 * Does a piece of outside work as a span of the trace that is under way; outside of any trace, and so wherever tracing is off,
 * it just does the work. Attributes must hold no values of callers: no parameters, no bodies, no addresses with paths.
 */
export async function inSpan<Result>(
  name: string,
  attributes: () => Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!trace.getActiveSpan()) return work();
  return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes: attributes() }, async (span) => {
    try {
      return await work();
    } catch (error) {
      // Its kind alone: what an error says may quote what it was given.
      span.setStatus({ code: SpanStatusCode.ERROR, message: Object(error).code ?? Object(error).name });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The headers that carry the trace under way to another server; none outside of any. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The id of the trace under way. */
export function traceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
