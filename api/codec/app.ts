import type { PayloadCodec } from '@temporalio/common';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { Registry } from 'prom-client';
import type { Logger } from '../../platform/logger.ts';
import type { AccessRule } from '../auth/access.ts';
import { authorise, type Guard } from '../auth/authorise.ts';
import { createRefusalLog } from '../auth/refusal-log.ts';
import type { VerifyToken } from '../auth/tokens.ts';
import { answerProblem } from '../http/errors.ts';
import { limitFailedAuthentication } from '../http/middleware.ts';
import { jsonBody, parsePart } from '../http/parsing.ts';
import { Problem } from '../http/problem.ts';
import { requestLog } from '../http/request-log.ts';
import { decodePayloads, encodePayloads, payloadsSchema, type PayloadsJson } from './payloads.ts';

export interface CodecServerParts {
  readonly codec: PayloadCodec;
  readonly verify: VerifyToken;
  /** The origins of the pages that may ask: the Temporal UI's. */
  readonly origins: readonly string[];
  /** The namespace whose payloads the keys are of. */
  readonly namespace: string;
  readonly rateLimit: number;
  readonly trustedProxies: number;
  readonly logger: Logger;
}

/** As large as what Temporal sends in one answer, in base64. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

const OPERATORS: AccessRule = { roles: ['operator'], owns: 'nothing' };

/**
 * Temporal's codec server protocol: `POST …/decode` and `POST …/encode` with payloads as JSON, for the Temporal UI and the CLI. Only
 * for operators, by the same tokens and API keys as the API; whoever is not let in has nothing read. What is in payloads is never
 * logged.
 */
export function createCodecApp(parts: CodecServerParts): Express {
  const { codec, verify, logger } = parts;
  const app = express();
  app.disable('x-powered-by').set('etag', false).set('trust proxy', parts.trustedProxies);
  app.use(requestLog(logger), helmet({ strictTransportSecurity: false }), fromPagesOf(parts.origins), notStored);
  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.use(limitFailedAuthentication(parts.rateLimit));
  const guard: Guard = { verify, noteRefusal: createRefusalLog(new Registry()) };
  // Wherever the address begins, as the protocol has it.
  app.post(
    /\/decode$/,
    answer('get', (payloads) => decodePayloads(codec, payloads)),
  );
  app.post(
    /\/encode$/,
    answer('post', (payloads) => encodePayloads(codec, payloads)),
  );
  app.use(() => {
    throw new Problem('not-found', 'There is nothing at this address.');
  });
  app.use(tooLarge, answerProblem);
  return app;

  /** `method` says what an API key must be good for: decoding only reads. */
  function answer(
    method: 'get' | 'post',
    convert: (payloads: PayloadsJson) => Promise<PayloadsJson>,
  ): RequestHandler[] {
    return [
      authorise(OPERATORS, method, guard),
      ofNamespace(parts.namespace),
      ...jsonBody(MAX_BODY_BYTES),
      async (request, response) => void response.json(await convert(parsePart(payloadsSchema, request.body, 'body'))),
    ];
  }
}

/** The Temporal UI asks from its own origin, with the signed-in person's tokens in two headers. */
function fromPagesOf(origins: readonly string[]): RequestHandler {
  return cors({
    origin: [...origins],
    methods: ['POST'],
    allowedHeaders: ['Content-Type', 'X-Namespace', 'Authorization', 'Authorization-Extras'],
    credentials: true,
    maxAge: 600,
  });
}

const notStored: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

function ofNamespace(namespace: string): RequestHandler {
  return (request, _response, next) => {
    const asked = request.get('X-Namespace');
    if (asked !== undefined && asked !== namespace)
      throw new Problem('forbidden', `The payloads here are those of the namespace ${namespace}.`);
    next();
  };
}

/** In the words of this server: the API's own limit is another one. */
const tooLarge: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  const is413 = typeof error === 'object' && error !== null && 'status' in error && error.status === 413;
  next(
    is413 && !(error instanceof Problem) ? new Problem('payload-too-large', 'The body is larger than 8 MB.') : error,
  );
};
