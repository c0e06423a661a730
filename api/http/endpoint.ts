import type { Response } from 'express';
import type { z } from 'zod';
import type { OperationId } from '../auth/access.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { WebhookView } from '../../office/webhooks/webhooks.ts';
import type { OrderRecord } from '../../office/orders/reading.ts';
import type { ProblemSlug } from './problems.ts';
import { parsePart } from './parsing.ts';
import { Problem } from './problem.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a route gets: parsed, authorised, and with the order that its path names. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Throws when the endpoint is public: `ACCESS` and the route then disagree. */
  readonly party: Party;
  /** The order of the path, for endpoints whose rule owns `order` or `check`. */
  readonly order: OrderRecord;
  /** The webhook of the path, for endpoints whose rule owns `webhook`. */
  readonly webhook: WebhookView;
  /** Required where `idempotent`; otherwise empty. */
  readonly idempotencyKey: string;
  readonly requestId: string;
  /** Where a stream is to go on. */
  readonly lastEventId: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of a body: takes the response over and keeps it open. */
  readonly stream?: (response: Response) => Promise<void>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Spec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: Method;
  /** OpenAPI form: `/v1/orders/{orderId}`. */
  readonly path: string;
  readonly operationId: OperationId;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** An absent body counts as `{}`. */
  readonly bodyOptional?: boolean;
  /** The header Idempotency-Key is required. */
  readonly idempotent?: boolean;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** The problems beside those that every endpoint of its kind may answer. */
  readonly problems?: readonly ProblemSlug[];
  readonly answer: (call: Call<z.output<Params>, z.output<Query>, z.output<Body>>, deps: ApiDeps) => Promise<Reply>;
}

/** The parts of a request before they are parsed. */
export interface RawCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
  readonly lastEventId: string | undefined;
  readonly requestId: string;
  readonly party: Party | undefined;
  readonly order: OrderRecord | undefined;
  readonly webhook: WebhookView | undefined;
}

/** One row of the route table: Express, the OpenAPI document and the authorisation test are all made from it. */
export interface Endpoint extends Omit<Spec<z.ZodType, z.ZodType, z.ZodType>, 'answer'> {
  readonly run: (raw: RawCall, deps: ApiDeps) => Promise<Reply>;
}

/** Makes an endpoint whose `answer` sees only parsed values. */
export function endpoint<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  spec: Spec<Params, Query, Body>,
): Endpoint {
  const { answer, ...described } = spec;
  return { ...described, run: async (raw, deps) => answer(parseCall(spec, raw), deps) };
}

function parseCall<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  spec: Spec<Params, Query, Body>,
  raw: RawCall,
): Call<z.output<Params>, z.output<Query>, z.output<Body>> {
  return {
    params: parseParams(spec.params, raw.params),
    query: parseIf(spec.query, raw.query, 'query'),
    body: parseIf(spec.body, raw.body ?? (spec.bodyOptional ? {} : undefined), 'body'),
    idempotencyKey: spec.idempotent ? requireKey(raw.idempotencyKey) : '',
    requestId: raw.requestId,
    lastEventId: raw.lastEventId,
    get party() {
      return present(raw.party, spec.operationId);
    },
    get webhook() {
      return present(raw.webhook, spec.operationId);
    },
    get order() {
      return present(raw.order, spec.operationId);
    },
  };
}

/** What cannot be an id names nothing: 404, as for any other id that does not exist. */
function parseParams<Schema extends z.ZodType>(schema: Schema | undefined, value: unknown): z.output<Schema> {
  const result = schema?.safeParse(value);
  if (result?.success === false) throw new Problem('not-found', 'There is nothing at this address.');
  return result?.data as z.output<Schema>;
}

function parseIf<Schema extends z.ZodType>(
  schema: Schema | undefined,
  value: unknown,
  place: 'body' | 'query',
): z.output<Schema> {
  return (schema && parsePart(schema, value, place)) as z.output<Schema>;
}

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

function requireKey(key: string | undefined): string {
  if (key !== undefined && KEY.test(key)) return key;
  const found = key === undefined ? 'is missing' : 'is empty, longer than 255 characters or not printable ASCII';
  throw new Problem('idempotency-key-required', `The Idempotency-Key header ${found}.`);
}

function present<Value>(value: Value | undefined, operationId: string): Value {
  if (value === undefined) throw new Error(`${operationId} uses what its access rule does not give it`);
  return value;
}
