import { z } from 'zod';
import { ROLES } from '../../domain/party.ts';
import { IDENTITY_ID, MOST_SUBJECT_CHARACTERS } from '../../office/registry/index.ts';
import { instant, newPartyId, pageOf, paging, partyId, text } from '../http/parsing.ts';

/** One spelling of what reads the same: issuers do not agree on theirs. */
const normal = (maxLength: number) => text(maxLength).overwrite((given) => given.normalize('NFC'));

const issuer = text(255).meta({
  description: "`iss` of the subject's tokens, character by character.",
  example: 'https://countersign.eu.auth0.com/',
});
const subject = normal(MOST_SUBJECT_CHARACTERS).meta({
  description: 'Whom the tokens name, in the words of their issuer: `sub`, or what TOKEN_SUBJECT_CLAIM names.',
  example: 'auth0|5f7c8ec7c33c6c004bbafe82',
});
const role = z.enum(ROLES);

export const identityId = z.string().regex(IDENTITY_ID).meta({ id: 'IdentityId', example: 'identity-17' });

export const newIdentity = z.strictObject({ issuer, subject, partyId: newPartyId, role }).meta({
  id: 'NewIdentity',
  example: {
    issuer: 'https://countersign.eu.auth0.com/',
    subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
    partyId: 'buyer-ada',
    role: 'buyer',
  },
});

export const identity = z
  .object({
    id: identityId,
    issuer: z.string(),
    subject: z.string(),
    partyId: z.string(),
    role,
    issuerTrusted: z.boolean().meta({
      description:
        'Whether tokens of that issuer are taken here just now. If not, mind its spelling, to the last slash.',
    }),
    createdBy: z.string(),
    changedBy: z.string(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Identity' });

export const identityPage = pageOf(identity, 'IdentityPage');

export const identityQuery = z.strictObject({
  ...paging,
  issuer: issuer.optional(),
  subject: subject.optional(),
  partyId: partyId.optional(),
  role: role.optional(),
});
