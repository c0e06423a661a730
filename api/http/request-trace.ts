import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import { patternOf } from './middleware.ts';
import { requestId } from './request-log.ts';

/**
 * Makes a span of each request, as a part of the caller's trace where its `traceparent` names one. It names the route's
 * pattern, never its ids, and the id of the request, by which log and trace find each other.
 */
export function traceRequests(): RequestHandler {
  const tracer = trace.getTracer('countersign');
  return (request, response, next) => {
    const { method, headers } = request;
    const span = tracer.startSpan(
      method,
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': method, 'countersign.request_id': requestId(request) },
      },
      propagation.extract(ROOT_CONTEXT, headers),
    );
    response.once('close', () => {
      const route = patternOf(request.route);
      span.updateName(`${method} ${route}`);
      span.setAttributes({ 'http.route': route, 'http.response.status_code': response.statusCode });
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(ROOT_CONTEXT, span), next);
  };
}
