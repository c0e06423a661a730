import { z } from 'zod';
import { ROLES } from '../../domain/party.ts';

export const me = z
  .object({
    partyId: z.string(),
    role: z.enum(ROLES),
    terminalId: z
      .string()
      .nullable()
      .meta({ description: 'The terminal that the token was given to, where its issuer says so.' }),
    name: z.string().nullable().meta({ description: 'Of a registered seller or distributor.' }),
  })
  .meta({ id: 'Me' });

const oidc = z.object({
  kind: z.literal('oidc'),
  issuer: z.string(),
  clientId: z.string(),
  scope: z.string(),
  parameters: z
    .record(z.string(), z.string())
    .meta({ description: 'What else the authorization request says, such as `audience`.' }),
});

export const signIn = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('demo') }).meta({ description: 'By the tokens of the demo parties, at /dev/tokens.' }),
    oidc.meta({ description: 'At an OpenID Connect issuer: authorization code with PKCE, as a public client.' }),
    z
      .object({ kind: z.literal('none') })
      .meta({ description: 'Not at all: DESK_OIDC_ISSUER and DESK_OIDC_CLIENT_ID are not set.' }),
  ])
  .meta({ id: 'SignIn' });
