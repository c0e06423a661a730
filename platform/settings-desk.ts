import { z } from 'zod';

/** How people sign in at the desks where an outside issuer knows them: what the page tells the issuer, and where it finds it. */
export interface DeskOidc {
  /** One of `tokenIssuers`, character by character; OIDC discovery below it says where its endpoints are. */
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** What else the authorization request says, such as `audience` or `resource`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Origins that the page talks to: the issuer's own, and those of its endpoints that lie elsewhere. */
  readonly origins: readonly string[];
}

/** What the desks need to know. */
export interface DeskSettings {
  /** Absent: nobody signs in at the desks but the demo parties of the embedded mode. */
  readonly oidc?: DeskOidc;
}

const isWeb = (text: string): boolean => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

/** What the page itself says in every authorization request (OpenID Connect Core, 3.1.2.1; RFC 7636, 4.3). */
const OF_THE_PAGE = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
];

/** The variables of the desks. */
export const deskVariables = {
  DESK_OIDC_ISSUER: z.string().optional(),
  DESK_OIDC_CLIENT_ID: z.string().optional(),
  DESK_OIDC_SCOPE: z
    .string()
    .regex(/^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/, 'must be scopes with one blank between them')
    .refine((scope) => scope.split(' ').includes('openid'), 'must hold openid')
    .default('openid'),
  DESK_OIDC_PARAMETERS: z
    .string()
    .transform((text) => [...new URLSearchParams(text)])
    .refine((pairs) => pairs.every(([name]) => name !== ''), 'must be a query string such as audience=countersign')
    .refine(
      (pairs) => new Set(pairs.map(([name]) => name)).size === pairs.length,
      'must not name a parameter more than once',
    )
    .refine(
      (pairs) => !pairs.some(([name]) => OF_THE_PAGE.includes(name)),
      `must not name what the page says itself: ${OF_THE_PAGE.join(', ')}`,
    )
    .transform((pairs) => Object.fromEntries(pairs))
    .optional(),
  DESK_OIDC_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(isWeb), 'must be http(s) addresses with commas between them')
    .transform((entries) => entries.map((entry) => new URL(entry).origin))
    .optional(),
  TEMPORAL_UI_URL: z
    .string()
    .refine(isWeb, 'must be the http(s) address at which operators reach the Temporal UI')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
};

const variables = z.object(deskVariables);
type Given = z.output<typeof variables>;
type Complain = (variable: keyof Given, message: string) => void;

/** `tokenIssuers`: whose tokens the API takes; who signs in elsewhere could do nothing here. */
export function deskSettingsOf(given: Given, tokenIssuers: readonly string[], complain: Complain): DeskSettings {
  const { DESK_OIDC_ISSUER: issuer, DESK_OIDC_CLIENT_ID: clientId } = given;
  if (issuer === undefined && clientId === undefined) return {};
  if (issuer === undefined || clientId === undefined) {
    complain(issuer === undefined ? 'DESK_OIDC_ISSUER' : 'DESK_OIDC_CLIENT_ID', 'is missing: set both or neither');
    return {};
  }
  if (!isWeb(issuer)) {
    complain('DESK_OIDC_ISSUER', 'must be the http(s) address of an OpenID Connect issuer');
    return {};
  }
  if (!tokenIssuers.includes(issuer)) {
    const taken = tokenIssuers.length === 0 ? 'none, see TOKEN_ISSUER' : tokenIssuers.join(', ');
    complain('DESK_OIDC_ISSUER', `must be an issuer whose tokens are taken, character by character: ${taken}`);
  }
  const origins = [new URL(issuer).origin, ...(given.DESK_OIDC_ORIGINS ?? [])];
  return {
    oidc: {
      issuer,
      clientId,
      scope: given.DESK_OIDC_SCOPE,
      parameters: given.DESK_OIDC_PARAMETERS ?? {},
      origins: [...new Set(origins)],
    },
  };
}
