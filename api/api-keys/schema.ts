import { z } from 'zod';
import { API_KEY_SCOPES, ROLES } from '../../domain/party.ts';
import { givenInstant, instant, listOf, newPartyId, text } from '../http/parsing.ts';

export const apiKeyId = z.string().regex(/^key-[0-9a-z]{26}$/);
const scopes = z
  .array(z.enum(API_KEY_SCOPES))
  .min(1)
  .max(API_KEY_SCOPES.length)
  .meta({ description: '`read`: every GET; `write`: everything else.' });

export const newApiKey = z
  .strictObject({
    partyId: newPartyId,
    role: z.enum(ROLES),
    scopes: scopes.default(['read']),
    name: text(100),
    expiresAt: givenInstant.optional(),
  })
  .meta({
    id: 'NewApiKey',
    example: { partyId: 'seller-mill', role: 'seller', scopes: ['read', 'write'], name: 'warehouse' },
  });

const apiKey = z.object({
  id: apiKeyId,
  partyId: z.string(),
  role: z.enum(ROLES),
  scopes,
  name: z.string(),
  createdBy: z.string(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
});
export const shownApiKey = apiKey.meta({ id: 'ApiKey' });
export const apiKeyWithSecret = apiKey
  .extend({ key: z.string().meta({ description: 'Shown this once: send it as the bearer token.' }) })
  .meta({ id: 'ApiKeyWithSecret' });
export const apiKeyList = listOf(shownApiKey, 'ApiKeyList');
