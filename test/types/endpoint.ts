import { z } from 'zod';
import { account } from '../../api/accounts/schema.ts';
import { endpoint } from '../../api/http/endpoint.ts';
import { orderId } from '../../api/http/parsing.ts';
import type { OrderId } from '../../domain/ids.ts';

/*
 * What a route must not do does not compile. Each line below `@ts-expect-error` is refused by `tsc`, and endpoint.test.ts shows
 * it: these endpoints are compiled, never mounted.
 */

declare const anAccount: z.input<typeof account>;
declare const readOrder: (orderId: OrderId) => void;
const described = { tag: 'Types', summary: 'Compiled, never mounted' } as const;
const account200 = { 200: { description: 'The account.', schema: account } };
const ownAccount = { ...described, method: 'get', path: '/v1/account', operationId: 'getOwnAccount' } as const;

/** The example that used to compile: a route of an account that reads an order and a webhook, and answers 299 with a list. */
endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error a status that is not declared, with a list
  answer: async (call) => {
    // @ts-expect-error the order of a path whose rule owns no order
    const { view } = call.order;
    // @ts-expect-error the webhook of a path whose rule owns no webhook
    const { url } = call.webhook;
    return { status: 299, body: [view, url] };
  },
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error the right body under another status
  answer: async () => ({ status: 201, body: anAccount }),
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error a body that lacks what its schema requires
  answer: async () => ({ status: 200, body: { id: 'buyer-ada', currency: 'EUR' } }),
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error no body where one is declared
  answer: async () => ({ status: 200 }),
});

endpoint({
  ...ownAccount,
  responses: { 204: { description: 'It is gone.' } },
  // @ts-expect-error a body where none is declared
  answer: async () => ({ status: 204, body: anAccount }),
});

endpoint({
  ...ownAccount,
  responses: { 201: { description: 'The account.', schema: account, headers: { Location: 'Where it can be read.' } } },
  // @ts-expect-error a declared header that is missing
  answer: async () => ({ status: 201, body: anAccount }),
});

endpoint({
  ...ownAccount,
  responses: { 200: { description: 'Events.', schema: z.string(), contentType: 'text/event-stream' } },
  // @ts-expect-error a body instead of a stream
  answer: async () => ({ status: 200, body: 'event: opened' }),
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error a stream where a body is declared
  answer: async () => ({ status: 200, body: anAccount, stream: async () => undefined }),
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error a path parameter of an endpoint that declares none
  answer: async ({ params: { accountId } }) => ({ status: 200, body: { ...anAccount, id: accountId } }),
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error the key of an endpoint that takes no Idempotency-Key
  answer: async ({ idempotencyKey }) => ({ status: 200, body: { ...anAccount, id: idempotencyKey } }),
});

endpoint({
  ...described,
  method: 'get',
  path: '/health/live',
  operationId: 'getLiveness',
  responses: account200,
  // @ts-expect-error the party of a public endpoint
  answer: async ({ party }) => ({ status: 200, body: { ...anAccount, id: party.id } }),
});

endpoint({
  ...described,
  method: 'post',
  path: '/v1/orders',
  operationId: 'createOrder',
  responses: account200,
  answer: async ({ party }) => {
    // @ts-expect-error a role that the access table does not let in
    if (party.role === 'seller') throw new Error('cannot be');
    return { status: 200, body: anAccount };
  },
});

endpoint({
  ...ownAccount,
  // @ts-expect-error an operation that is not in the access table
  operationId: 'readEverything',
  responses: account200,
  answer: async () => ({ status: 200, body: anAccount }),
});

endpoint({
  ...ownAccount,
  responses: account200,
  // @ts-expect-error a problem that is not in the catalogue
  problems: ['out-of-luck'],
  answer: async () => ({ status: 200, body: anAccount }),
});

endpoint({
  ...ownAccount,
  query: z.object({ order: z.string() }),
  responses: account200,
  answer: async ({ query }) => {
    // @ts-expect-error text where an id is due that was parsed at the edge
    readOrder(query.order);
    return { status: 200, body: anAccount };
  },
});

/** What the table grants and the responses declare does compile. */
endpoint({
  ...described,
  method: 'post',
  path: '/v1/orders/{orderId}/refund',
  operationId: 'refundOrder',
  idempotent: true,
  params: z.object({ orderId }),
  responses: { 200: account200[200], 404: { description: 'None.', headers: { 'X-Why': 'Why.' } } },
  answer: async ({ params, party, order, idempotencyKey }) => {
    readOrder(params.orderId);
    readOrder(order.view.id);
    if (party.role === 'seller') return { status: 404, headers: { 'X-Why': idempotencyKey } };
    return { status: 200, body: anAccount };
  },
});
endpoint({
  ...described,
  method: 'delete',
  path: '/v1/webhooks/{webhookId}',
  operationId: 'deleteWebhook',
  responses: { 200: { description: 'Its address.', schema: z.string() } },
  answer: async ({ webhook }) => ({ status: 200, body: webhook.url }),
});
