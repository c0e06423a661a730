import type { ErrorRequestHandler, Response } from 'express';
import { outageOf } from './outage.ts';
import { Problem } from './problem.ts';
import { requestId } from './request-log.ts';

const RETRY_AFTER_SECONDS = '5';

/** The one error handler: every refusal and fault leaves as problem+json; what is nobody's fault but ours is logged. */
export const answerProblem: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) return next(error);
  const problem = problemOf(error);
  if (problem.status >= 500) request.log.error({ err: error }, problem.slug);
  sendProblem(response, problem);
};

/** Writes a problem as RFC 9457 has it. */
function sendProblem(response: Response, problem: Problem): void {
  const body = JSON.stringify(problem.document(requestId(response.req)));
  response.status(problem.status).set(problem.headers).set('Cache-Control', 'no-store');
  response.set('Content-Type', 'application/problem+json').send(body);
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const outage = outageOf(error);
  if (outage) return unavailable(outage.detail);
  return (
    clientFault(error) ??
    new Problem('internal-error', "The service has a fault; it was recorded with this request's id.")
  );
}

/** Names what is away: whoever reads it asks the right people. */
function unavailable(detail: string): Problem {
  const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
  return new Problem('service-unavailable', `${detail} Repeat the same request later.`, { headers });
}

/** What Express and its body reader throw for a request that cannot be read (`http-errors`: a status and `expose`). */
function clientFault(error: unknown): Problem | undefined {
  if (error instanceof URIError) return new Problem('malformed-request', 'The address is not valid percent-encoding.');
  if (typeof error !== 'object' || error === null || !('status' in error) || typeof error.status !== 'number')
    return undefined;
  if (error.status === 413) return new Problem('payload-too-large', 'The body is larger than 64 kB.');
  if (error.status === 415) return new Problem('unsupported-media-type', 'The Content-Encoding is not known.');
  if (error.status >= 400 && error.status < 500) return new Problem('malformed-request', 'The request cannot be read.');
  return undefined;
}
