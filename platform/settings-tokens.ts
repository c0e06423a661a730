import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** An outside issuer of access tokens, and where its tokens say what the service needs to know. */
export interface TokenIssuerSettings {
  /** `iss`, character by character. */
  readonly issuer: string;
  /** Absent: found by OIDC discovery below `issuer`. */
  readonly jwksUrl?: string;
  /** A token must be for one of them. */
  readonly audiences: readonly string[];
  readonly claims: TokenClaims;
  /** Its names of our roles. Given, no other name counts; absent, its roles have our names. */
  readonly roleMap?: Readonly<Record<string, string>>;
}

/** Names of claims: as they stand in the token, or with dots as a way into it (`realm_access.roles`). */
export interface TokenClaims {
  /** Whom an identity names. */
  readonly subject: string;
  readonly party: string;
  readonly role: string;
  readonly terminal: string;
}

export const CLAIMS: TokenClaims = { subject: 'sub', party: 'sub', role: 'role', terminal: 'terminal' };

const claim = z.string().max(255);
const url = z.url({ protocol: /^https?$/, error: "must be the https address of the issuer's JWKS" });
const roleMap = z.record(z.string(), z.string());

/** The variables that say whose access tokens are taken. */
export const tokenVariables = {
  TOKEN_ISSUER: z.string().optional(),
  TOKEN_JWKS_URL: url.optional(),
  TOKEN_AUDIENCE: z.string().default('countersign'),
  TOKEN_SUBJECT_CLAIM: claim.default(CLAIMS.subject),
  TOKEN_PARTY_CLAIM: claim.default(CLAIMS.party),
  TOKEN_ROLE_CLAIM: claim.default(CLAIMS.role),
  TOKEN_TERMINAL_CLAIM: claim.default(CLAIMS.terminal),
  TOKEN_ROLE_MAP: z.string().optional(),
  TOKEN_ISSUERS_FILE: z.string().optional(),
};

const variables = z.object(tokenVariables);
type Given = z.output<typeof variables>;
type Complain = (variable: string, message: string) => void;

/** One of several issuers: what it leaves out is as the variable for it says. */
const listedIssuer = z.strictObject({
  issuer: z.string().min(1),
  jwksUrl: url.optional(),
  audience: z.union([z.string(), z.array(z.string())]).optional(),
  subjectClaim: claim.optional(),
  partyClaim: claim.optional(),
  roleClaim: claim.optional(),
  terminalClaim: claim.optional(),
  roleMap: roleMap.optional(),
});

/** Every issuer that the variables and their file name; what is wrong goes to `complain`. */
export function tokenIssuersOf(given: Given, complain: Complain): TokenIssuerSettings[] {
  const issuers = [...ownIssuer(given, complain), ...listedIssuers(given, complain)];
  for (const { issuer, jwksUrl, audiences } of issuers) {
    if (audiences.length === 0)
      complain('TOKEN_AUDIENCE', `is empty for the issuer ${issuer}: tokens for anybody would do`);
    if (jwksUrl === undefined && !url.safeParse(issuer).success)
      complain('TOKEN_JWKS_URL', `is missing: the issuer ${issuer} is no address below which its keys could be found`);
  }
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length)
    complain('TOKEN_ISSUERS_FILE', 'names an issuer twice, or the one of TOKEN_ISSUER again');
  return issuers;
}

function ownIssuer(given: Given, complain: Complain): TokenIssuerSettings[] {
  const { TOKEN_ISSUER: issuer, TOKEN_JWKS_URL: jwksUrl } = given;
  if (issuer !== undefined) return [issuerOf({ issuer, jwksUrl }, given, complain)];
  if (jwksUrl !== undefined)
    complain('TOKEN_ISSUER', 'is missing: TOKEN_JWKS_URL alone does not say whose tokens they are');
  return [];
}

function listedIssuers(given: Given, complain: Complain): TokenIssuerSettings[] {
  const file = given.TOKEN_ISSUERS_FILE;
  if (file === undefined) return [];
  const listed = z.array(listedIssuer).safeParse(jsonIn(file));
  if (listed.success) return listed.data.map((entry) => issuerOf(entry, given, complain));
  const { path = [], message = '' } = listed.error.issues[0] ?? {};
  const place = path.length > 0 ? ` (at ${path.join('.')}: ${message})` : '';
  complain(
    'TOKEN_ISSUERS_FILE',
    `must name a readable file with a JSON list of issuers, see docs/identities.md${place}`,
  );
  return [];
}

function issuerOf(entry: z.output<typeof listedIssuer>, given: Given, complain: Complain): TokenIssuerSettings {
  const { issuer, jwksUrl, audience = given.TOKEN_AUDIENCE } = entry;
  return {
    issuer,
    jwksUrl,
    audiences: typeof audience === 'string' ? wordsOf(audience) : audience,
    claims: {
      subject: entry.subjectClaim ?? given.TOKEN_SUBJECT_CLAIM,
      party: entry.partyClaim ?? given.TOKEN_PARTY_CLAIM,
      role: entry.roleClaim ?? given.TOKEN_ROLE_CLAIM,
      terminal: entry.terminalClaim ?? given.TOKEN_TERMINAL_CLAIM,
    },
    roleMap: entry.roleMap ?? ownRoleMap(given, complain),
  };
}

function ownRoleMap({ TOKEN_ROLE_MAP: text }: Given, complain: Complain): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const read = roleMap.safeParse(jsonOf(text));
  if (!read.success) complain('TOKEN_ROLE_MAP', 'must be a JSON object such as {"Countersign.Buyer":"buyer"}');
  return read.data;
}

function wordsOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '');
}

function jsonIn(file: string): unknown {
  try {
    return jsonOf(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
