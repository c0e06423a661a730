import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { z } from 'zod';
import { ACCESS, type AccessRule } from '../auth/access.ts';
import { sentWebhooks } from '../webhooks/sent.ts';
import type { Endpoint } from './endpoint.ts';
import { PROBLEMS, problemUri, type ProblemSlug } from './problems.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of the route table: what it does not say, the API does not do. */
export function openApiDocument(endpoints: readonly Endpoint[]): OpenApiDocument {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Countersign', version: '1.0.0', description: DESCRIPTION },
    servers: [{ url: '/', description: 'This service.' }],
    security: [{ bearer: [] }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: pathsOf(endpoints),
    webhooks: sentWebhooks,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token with `sub` (party id) and `role`, or an API key. Embedded mode: GET /dev/tokens.',
        },
      },
    },
  });
}

const DESCRIPTION = `Orders of commodities, paid by an electronic check that cannot bounce.

Money is integer minor units, times are RFC 3339 UTC, errors are RFC 9457 \`application/problem+json\`. Every request that
moves money or starts an order takes an \`Idempotency-Key\`; a repeat of it has one effect and one answer, permanently.
A party finds only what is its own (otherwise 404); \`X-Request-Id\` is taken or made, and answered.

<details>
<summary>Problem types</summary>

| type | status | what it means | what to do |
|---|---|---|---|
${Object.entries(PROBLEMS)
  .map(([slug, { status, meaning, whatToDo }]) => `| \`${slug}\` | ${status} | ${meaning} | ${whatToDo} |`)
  .join('\n')}

</details>
`;

function pathsOf(endpoints: readonly Endpoint[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) };
  }
  return paths;
}

function operationOf(endpoint: Endpoint): ZodOpenApiOperationObject {
  const rule: AccessRule = ACCESS[endpoint.operationId];
  const who = rule.roles === 'public' ? 'Anybody.' : `For: ${rule.roles.join(', ')}.`;
  return {
    operationId: endpoint.operationId,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: [endpoint.description, who].filter(Boolean).join(' '),
    ...(rule.roles === 'public' ? { security: [] } : {}),
    requestParams: {
      ...(endpoint.params && { path: asObject(endpoint.params) }),
      ...(endpoint.query && { query: asObject(endpoint.query) }),
      ...(endpoint.idempotent && { header: idempotencyKey }),
      ...(isStream(endpoint) && { header: lastEventId }),
    },
    ...(endpoint.body ? { requestBody: bodyOf(endpoint, endpoint.body) } : {}),
    responses: {
      ...answersOf(endpoint),
      ...problemsOf(endpoint, rule),
      // Node's own answer, before anything of ours reads the request.
      ...(endpoint.query && { '431': { description: 'Address and headers have more than 16 kB together.' } }),
    },
  };
}

function isStream({ responses }: Endpoint): boolean {
  return Object.values(responses).some(({ contentType }) => contentType === 'text/event-stream');
}

function bodyOf(endpoint: Endpoint, schema: z.ZodType) {
  return { required: !endpoint.bodyOptional, content: { 'application/json': { schema } } };
}

function answersOf(endpoint: Endpoint): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(endpoint.responses).map(([status, { description, schema, headers, contentType, csv }]) => [
      status,
      {
        description,
        ...(schema && {
          content: {
            [contentType ?? 'application/json']: { schema },
            ...(csv && { 'text/csv': { schema: z.string() } }),
          },
        }),
        headers: Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, text]) => [
            name,
            { description: text, schema: { type: 'string' as const } },
          ]),
        ),
      },
    ]),
  );
}

/** Every problem that the endpoint may answer, one response a status, one example a type. */
function problemsOf(endpoint: Endpoint, rule: AccessRule): ZodOpenApiResponsesObject {
  const slugs = problemsOfEndpoint(endpoint, rule);
  const statuses = [...new Set(slugs.map((slug) => PROBLEMS[slug].status))];
  return Object.fromEntries(
    statuses
      .filter((status) => !(status in endpoint.responses))
      .map((status) => [String(status), problemResponse(slugs.filter((slug) => PROBLEMS[slug].status === status))]),
  );
}

/** Which problems an endpoint may answer: those of its kind, and its own. */
function problemsOfEndpoint(endpoint: Endpoint, rule: AccessRule): ProblemSlug[] {
  const kinds: [boolean, ProblemSlug[]][] = [
    [true, ['malformed-request', 'too-many-requests', 'internal-error', 'service-unavailable']],
    [rule.roles !== 'public', ['unauthorized', 'forbidden']],
    [endpoint.params !== undefined, ['not-found']],
    [endpoint.query !== undefined || endpoint.body !== undefined, ['invalid-request']],
    [endpoint.body !== undefined, ['payload-too-large', 'unsupported-media-type']],
    [endpoint.idempotent === true, ['idempotency-key-required']],
    [true, [...(endpoint.problems ?? [])]],
  ];
  return [...new Set(kinds.flatMap(([applies, slugs]) => (applies ? slugs : [])))];
}

function problemResponse(slugs: readonly ProblemSlug[]) {
  const examples = slugs.map((slug) => {
    const { status, title, meaning } = PROBLEMS[slug];
    return [slug, { value: { type: problemUri(slug), title, status, detail: meaning, instance: 'urn:request:1' } }];
  });
  return {
    description: slugs.map((slug) => PROBLEMS[slug].title).join('. '),
    content: { 'application/problem+json': { schema: problem, examples: Object.fromEntries(examples) } },
  };
}

/** Path and query schemas are written as objects; only their fields show in the document. */
function asObject(schema: z.ZodType): z.ZodObject {
  return schema as z.ZodObject;
}

const fieldError = z
  .object({ pointer: z.string().meta({ description: 'RFC 6901; empty for the whole document.' }), detail: z.string() })
  .meta({ id: 'FieldError' });

/** RFC 9457, with the members that some types add. */
const problem = z
  .looseObject({
    type: z.string().meta({ format: 'uri-reference', description: 'Ends in the stable slug.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(fieldError).optional(),
    orderId: z.string().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Problem' });

const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/)
    .meta({ description: 'New for each new request; the same for each repeat of it.', example: 'b6f1c3a0-1' }),
});

const lastEventId = z.object({
  'Last-Event-ID': z.string().optional().meta({
    description: 'The last `id` that was received: the stream goes on after it. Absent: from where the stream begins.',
    example: 'start-0',
  }),
});
