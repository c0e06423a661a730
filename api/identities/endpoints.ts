import { z } from 'zod';
import * as registry from '../../office/registry/index.ts';
import type { ApiDeps } from '../deps.ts';
import { identityCursor } from '../http/cursor.ts';
import { endpoint, type Json } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { identity, identityId, identityPage, identityQuery, newIdentity } from './schema.ts';

const tag = 'Identities';

export const putIdentity = endpoint({
  method: 'put',
  path: '/v1/identities',
  operationId: 'putIdentity',
  tag,
  summary: 'Say who a subject of an outside issuer of tokens is here',
  description: 'It comes before what the tokens claim. A second one for the same issuer and subject takes its place.',
  body: newIdentity,
  responses: {
    200: { description: 'There was one for this subject: this is it now.', schema: identity },
    201: { description: 'The new identity.', schema: identity },
  },
  answer: async ({ body, party }, deps) => {
    const { view, made } = await registry.putIdentity(deps.orm, body, party.id);
    deps.identities.forget(view.issuer, view.subject);
    return { status: made ? 201 : 200, body: json(view, deps) };
  },
});

export const listIdentities = endpoint({
  method: 'get',
  path: '/v1/identities',
  operationId: 'listIdentities',
  tag,
  summary: 'List who subjects of outside issuers are here, the newest first',
  query: identityQuery,
  responses: { 200: { description: 'A page of identities.', schema: identityPage } },
  answer: async ({ query: { cursor, limit, ...wanted } }, deps) => {
    const before = identityCursor.read(cursor)?.id;
    const found = await registry.listIdentities(deps.orm.em.fork(), { ...wanted, limit, before });
    const data = found.slice(0, limit);
    const nextCursor = identityCursor.print(found.length > limit ? data.at(-1) : undefined);
    return { status: 200, body: { data: data.map((view) => json(view, deps)), nextCursor } };
  },
});

export const deleteIdentity = endpoint({
  method: 'delete',
  path: '/v1/identities/{identityId}',
  operationId: 'deleteIdentity',
  tag,
  summary: 'Delete an identity at once: its subject is then whom its tokens claim, if anybody',
  params: z.object({ identityId }),
  responses: { 204: { description: 'It is gone.' } },
  answer: async ({ params, party }, deps) => {
    const deleted = await registry.deleteIdentity(deps.orm, params.identityId, party.id);
    if (!deleted) throw new Problem('not-found', 'There is no such identity.');
    deps.identities.forget(deleted.issuer, deleted.subject);
    return { status: 204 };
  },
});

function json(view: registry.IdentityView, { tokenIssuers }: ApiDeps): Json<typeof identity> {
  return { ...view, issuerTrusted: tokenIssuers.includes(view.issuer) };
}
