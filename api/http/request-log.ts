import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { workflowIdOf, type OrderId } from '../../domain/ids.ts';
import { idsOfNow, noteIds, withIds, type Ids } from '../../platform/ids.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** https://www.w3.org/TR/trace-context/#traceparent-header: the trace's id is its second field, and not all zeros. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

/** The ids of each request: the line at its end is written where the work's own context is gone. */
const idsOf = new WeakMap<IncomingMessage, () => Ids>();

/**
 * Logs each request on one line, and has every line of its work carry its id: the caller's `X-Request-Id` when it is a plain
 * one, else the id of the trace that its `traceparent` names, else a new one. The id goes back in the header, and into the
 * memo of the workflow that the request starts.
 */
export function requestLog(logger: Logger): RequestHandler {
  const log = pinoHttp({
    logger,
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, url: nameless(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessObject: (request, _response, line: object) => ({ ...line, ...idsOf.get(request)?.() }),
    customErrorObject: (request, _response, _error, line: object) => ({ ...line, ...idsOf.get(request)?.() }),
    autoLogging: { ignore: ({ url }) => url?.startsWith('/health/') ?? false },
  });
  return (request, response, next) => {
    const id = requestIdOf(request);
    request.id = id;
    response.setHeader('X-Request-Id', id);
    withIds({ requestId: id }, () => {
      idsOf.set(request, idsOfNow());
      log(request, response, next);
    });
  };
}

/** From now on the lines of the request under way name this order. */
export function noteOrder(orderId: OrderId): void {
  noteIds({ orderId, workflowId: workflowIdOf(orderId) });
}

/** The id under which this request is logged. */
export function requestId({ id }: IncomingMessage): string {
  return typeof id === 'string' ? id : 'none';
}

function requestIdOf({ headers }: IncomingMessage): string {
  const { 'x-request-id': given, traceparent } = headers;
  if (typeof given === 'string' && REQUEST_ID.test(given)) return given;
  const trace = typeof traceparent === 'string' ? TRACE_PARENT.exec(traceparent)?.[1] : undefined;
  return trace ?? randomUUID();
}

/** A reason is somebody's own words, on record where it belongs; a subject of an outside issuer may be somebody's address. */
function nameless(url: string): string {
  return url.replace(/^(\/v1\/identities\/?\?).*/i, '$1...').replace(/([?&]reason=)[^&]*/g, '$1...');
}
