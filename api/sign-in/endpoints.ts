import { readRegisteredName } from '../../office/registry/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { me, signIn } from './schema.ts';

const tag = 'Signing in';

export const getMe = endpoint({
  method: 'get',
  path: '/v1/me',
  operationId: 'getMe',
  tag,
  summary: 'Who the token or API key of this request is here',
  responses: { 200: { description: 'The party, in its role.', schema: me } },
  answer: async ({ party }, { orm }) => {
    const { id: partyId, role, terminalId = null } = party;
    const name = (await readRegisteredName(orm.em.fork(), { id: partyId, role })) ?? null;
    return { status: 200, body: { partyId, role, terminalId, name } };
  },
});

export const getSignIn = endpoint({
  method: 'get',
  path: '/v1/sign-in',
  operationId: 'getSignIn',
  tag,
  summary: 'How people sign in at the desks',
  responses: { 200: { description: 'The way that this installation has.', schema: signIn } },
  answer: async (_call, { demoTokens, desk: { oidc } }) => {
    if (demoTokens) return { status: 200, body: { kind: 'demo' } };
    if (!oidc) return { status: 200, body: { kind: 'none' } };
    const { issuer, clientId, scope, parameters } = oidc;
    return { status: 200, body: { kind: 'oidc', issuer, clientId, scope, parameters } };
  },
});
