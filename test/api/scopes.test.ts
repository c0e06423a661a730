import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS } from '../../api/auth/access.ts';
import { endpoints } from '../../api/endpoints.ts';
import type { Endpoint } from '../../api/http/endpoint.ts';
import { ROLES, type Role } from '../../domain/party.ts';
import { DEMO_PARTY, expectProblem, testApi, type TestApi } from './support.ts';

/* What a key may not do by its scopes is refused on every endpoint, before anything of the request is looked at. */

let api: TestApi;
const keys = new Map<string, string>();
beforeAll(async () => {
  api = await testApi();
  for (const role of ROLES) {
    for (const scope of ['read', 'write']) {
      const body = { partyId: DEMO_PARTY[role], role, scopes: [scope], name: scope };
      const made = await api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body });
      keys.set(`${scope} ${role}`, made.body.key);
    }
  }
});
afterAll(() => api.close());

const table = endpoints.flatMap((endpoint) => {
  const { roles } = ACCESS[endpoint.operationId];
  return roles === 'public'
    ? []
    : roles.map((role): [string, Role, Endpoint] => [endpoint.operationId, role, endpoint]);
});
const knock = ({ method, path }: Endpoint, as: string | undefined) =>
  api.ask(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, '$1'), { as, key: 'k' });

describe('a key that may only read', () => {
  test.each(table.filter(([, , { method }]) => method !== 'get'))(
    'cannot %s as a %s',
    async (_name, role, endpoint) => {
      const answer = await knock(endpoint, keys.get(`read ${role}`));
      expectProblem(answer, 'forbidden');
      expect(answer.body.detail).toBe('The API key lacks the scope "write".');
    },
  );

  test.each(table.filter(([, , { method }]) => method === 'get'))(
    'gets in to %s as a %s',
    async (_name, role, endpoint) => {
      if (endpoint.operationId.startsWith('stream')) return;
      expect([401, 403, 500]).not.toContain((await knock(endpoint, keys.get(`read ${role}`))).status);
    },
  );
});

describe('a key that may only write', () => {
  test.each(table.filter(([, , { method }]) => method === 'get'))(
    'cannot %s as a %s',
    async (_name, role, endpoint) => {
      const answer = await knock(endpoint, keys.get(`write ${role}`));
      expectProblem(answer, 'forbidden');
      expect(answer.body.detail).toBe('The API key lacks the scope "read".');
    },
  );
});
