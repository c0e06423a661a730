import { API_KEY_PREFIX, findApiKey } from '../../office/registry/api-keys.ts';
import type { Orm } from '../../platform/orm.ts';
import type { VerifyToken } from './tokens.ts';

/** Accepts machines' keys beside the issuer's tokens. A key is looked up on each request: revoked, it is out at once. */
export function withApiKeys(orm: Orm, verify: VerifyToken): VerifyToken {
  return async (token, refused) => {
    if (!token.startsWith(API_KEY_PREFIX)) return verify(token, refused);
    const key = await findApiKey(orm.em.fork(), token);
    if (!key) {
      refused?.('api_key');
      return undefined;
    }
    const { id: apiKeyId, partyId: id, role, scopes, expiresAt } = key;
    return { id, role, scopes, apiKeyId, expiresAt: expiresAt === null ? undefined : Date.parse(expiresAt) };
  };
}
