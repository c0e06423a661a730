import type { Response } from 'express';
import type { z } from 'zod';
import type { ACCESS, AccessRule, OperationId } from '../auth/access.ts';
import type { Role } from '../../domain/party.ts';
import type { Party } from '../auth/tokens.ts';
import type { AppDeps } from '../deps.ts';
import type { OrderRecord } from '../../office/orders/index.ts';
import type { WebhookView } from '../../office/webhooks/index.ts';
import type { ProblemSlug } from './problems.ts';
import { parsePart } from './parsing.ts';
import { Problem } from './problem.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One declared answer of an endpoint: Express sends no other, and the OpenAPI document shows it. */
export interface DeclaredResponse {
  readonly description: string;
  /** Of the body. Absent: there is none. */
  readonly schema?: z.ZodType;
  /** Default: `application/json`. With `text/event-stream` the route answers a stream instead of a body. */
  readonly contentType?: string;
  /** Also as a table, streamed: for who asks by `Accept: text/csv` or `?format=csv`. */
  readonly csv?: true;
  /** What its headers say, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every endpoint says of itself. */
interface Description {
  readonly method: Method;
  /** OpenAPI form: `/v1/orders/{orderId}`. */
  readonly path: string;
  readonly operationId: OperationId;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** An absent body counts as `{}`. */
  readonly bodyOptional?: boolean;
  /** The largest body in bytes. Default: 64 kB. */
  readonly maxBodyBytes?: number;
  /** A GET that puts on record that it was asked: it writes. */
  readonly records?: boolean;
  /** The header Idempotency-Key is required. */
  readonly idempotent?: boolean;
  readonly responses: Readonly<Record<number, DeclaredResponse>>;
  /** The problems beside those that every endpoint of its kind may answer. */
  readonly problems?: readonly ProblemSlug[];
}

/** What the access rule of an endpoint gives its route: who calls, and what the path names. A public one gets neither. */
type Granted<Rule extends AccessRule> = (Rule['roles'] extends readonly (infer Of extends Role)[]
  ? { readonly party: Party<Of> }
  : unknown) &
  (Rule['owns'] extends 'order' | 'check' ? { readonly order: OrderRecord } : unknown) &
  (Rule['owns'] extends 'webhook' ? { readonly webhook: WebhookView } : unknown);

/** What a route gets: its parts of the request, parsed, and what the row of its operation in `ACCESS` grants. */
export type Call<
  Id extends OperationId,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Idempotent extends boolean,
> = {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  readonly requestId: string;
  /** Whether somebody on this machine calls, by a name of this machine. */
  readonly fromThisMachine: () => boolean;
  /** Where a stream is to go on. */
  readonly lastEventId: string | undefined;
  /** The header Accept prefers `text/csv` to JSON. */
  readonly prefersCsv: boolean;
} & (Idempotent extends true ? { readonly idempotencyKey: string } : unknown) &
  Granted<(typeof ACCESS)[Id]>;

/** What a schema describes as a route hands it over: the form that callers see, read-only. */
export type Json<Schema extends z.ZodType> = ReadonlyDeep<z.input<Schema>>;

type ReadonlyDeep<Value> = unknown extends Value
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]: ReadonlyDeep<Value[Key]> }
    : Value;

/** Takes the response over and keeps it open. */
type Stream = (response: Response) => Promise<void>;

type BodyOf<Declared> =
  | (Declared extends { readonly csv: true } ? { readonly stream: Stream; readonly body?: undefined } : never)
  | OneBodyOf<Declared>;

type OneBodyOf<Declared> = Declared extends { readonly contentType: 'text/event-stream' }
  ? { readonly stream: Stream; readonly body?: undefined }
  : Declared extends { readonly schema: infer Schema extends z.ZodType }
    ? { readonly body: Json<Schema>; readonly stream?: undefined }
    : { readonly body?: undefined; readonly stream?: undefined };

type HeadersOf<Declared> = Declared extends { readonly headers: infer Headers }
  ? { readonly headers: Readonly<Record<keyof Headers, string>> }
  : { readonly headers?: Readonly<Record<string, string>> };

/** What a route may answer: one of the declared statuses, with the body and the headers that are declared for it. */
export type Reply<Declared> = AnyReply &
  { [Status in keyof Declared]: ReplyWith<Status, Declared[Status]> }[keyof Declared];

type ReplyWith<Status, Declared> = { readonly status: Status } & BodyOf<Declared> & HeadersOf<Declared>;

/** An answer of any endpoint, as it is sent. */
export interface AnyReply {
  readonly status: number;
  readonly body?: unknown;
  readonly stream?: Stream;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The parts of a request before they are parsed, and what the access rule found. */
export interface RawCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
  readonly lastEventId: string | undefined;
  readonly prefersCsv: boolean;
  readonly requestId: string;
  readonly fromThisMachine: () => boolean;
  readonly party?: Party;
  readonly order?: OrderRecord;
  readonly webhook?: WebhookView;
}

/** One row of the route table: Express, the OpenAPI document and the authorisation test are all made from it. */
export interface Endpoint extends Description {
  readonly run: (raw: RawCall, deps: AppDeps) => Promise<AnyReply>;
}

type Responses = Description['responses'];

interface Spec<
  Id extends OperationId,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Idempotent extends boolean,
  Declared extends Responses,
> extends Description {
  readonly operationId: Id;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly idempotent?: Idempotent;
  readonly responses: Declared;
  readonly answer: (call: Call<Id, Params, Query, Body, Idempotent>, deps: AppDeps) => Promise<Reply<Declared>>;
}

/**
 * Makes an endpoint. Its `answer` sees parsed values, and of the call only what its operation's access rule grants; what it
 * answers must be declared in `responses`. Everything else does not compile.
 */
export function endpoint<
  const Id extends OperationId,
  const Declared extends Responses,
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  const Idempotent extends boolean = false,
>(spec: Spec<Id, Params, Query, Body, Idempotent, Declared>): Endpoint {
  const { answer, ...described } = spec;
  return { ...described, run: async (raw, deps) => answer(parseCall(described, raw), deps) };
}

/** Parses what the endpoint describes. What its access rule grants is there: the request was let in by that rule. */
function parseCall<
  Id extends OperationId,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Idempotent extends boolean,
>(
  spec: Omit<Spec<Id, Params, Query, Body, Idempotent, Responses>, 'answer'>,
  raw: RawCall,
): Call<Id, Params, Query, Body, Idempotent> {
  return {
    ...raw,
    params: parseParams(spec.params, raw.params),
    query: spec.query && parsePart(spec.query, raw.query, 'query'),
    body: spec.body && parsePart(spec.body, raw.body ?? (spec.bodyOptional ? {} : undefined), 'body'),
    idempotencyKey: spec.idempotent ? requireKey(raw.idempotencyKey) : undefined,
  } as unknown as Call<Id, Params, Query, Body, Idempotent>;
}

/** What cannot be an id names nothing: 404, as for any other id that does not exist. */
function parseParams(schema: z.ZodType | undefined, value: unknown): unknown {
  const result = schema?.safeParse(value);
  if (result?.success === false) throw new Problem('not-found', 'There is nothing at this address.');
  return result?.data;
}

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

function requireKey(key: string | undefined): string {
  if (key !== undefined && KEY.test(key)) return key;
  const found = key === undefined ? 'is missing' : 'is empty, longer than 255 characters or not printable ASCII';
  throw new Problem('idempotency-key-required', `The Idempotency-Key header ${found}.`);
}
