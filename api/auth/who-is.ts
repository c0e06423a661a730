import type { JWTPayload } from 'jose';
import { RESERVED_PARTY_IDS, type Role } from '../../domain/party.ts';
import { textFault } from '../../domain/text.ts';
import { PARTY_ID } from '../http/parsing.ts';
import { MOST_SUBJECT_CHARACTERS } from '../../office/registry/index.ts';
import type { TokenSubject } from './identities.ts';
import type { TokenIssuer } from './issuers.ts';
import { kindOf, list, shown, TokenRefused } from './token-refusals.ts';

/** Who a credential is of. */
export interface Bearer {
  readonly id: string;
  readonly role: Role;
  /** The terminal that the token was given to (claim 6), where its issuer says so. */
  readonly terminalId?: string;
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** Set for tokens of outside issuers: whose, so that whatever lasts longer than a request can ask who that is by then. */
  readonly subject?: TokenSubject;
}

/**
 * Who the bearer of a verified token is here: whom the registry has its subject for, else whom its claims name. Throws
 * `TokenRefused`.
 */
export async function whoIs(payload: JWTPayload, from: TokenIssuer): Promise<Bearer> {
  const { exp } = payload;
  const expiresAt = exp === undefined ? undefined : exp * 1000;
  const terminalId = terminalOf(payload, from);
  const { issuer, identities } = from;
  const subject = identities && subjectOf(payload, from);
  if (subject === undefined) return { ...claimedParty(payload, from), terminalId, expiresAt };
  const identity = await identities?.(issuer, subject);
  const { id, role } = identity ? { id: identity.partyId, role: identity.role } : claimedParty(payload, from);
  return { id, role, terminalId, expiresAt, subject: { issuer, subject, revision: identity?.revision } };
}

/** As an identity can name it; what none could, the registry need not be asked for. */
function subjectOf(payload: JWTPayload, { claims }: TokenIssuer): string | undefined {
  const value = provenClaim(payload, claims.subject);
  // RFC 7519 calls them StringOrURI; some issuers number their users.
  const subject = typeof value === 'number' ? String(value) : value;
  if (typeof subject !== 'string' || textFault(subject, { maxLength: MOST_SUBJECT_CHARACTERS })) return undefined;
  return subject.normalize('NFC');
}

function claimedParty(payload: JWTPayload, from: TokenIssuer): Pick<Bearer, 'id' | 'role'> {
  const { claims, issuer, identities } = from;
  const [id, ...others] = wordsOf(provenClaim(payload, claims.party));
  if (id === undefined || others.length > 0 || !PARTY_ID.test(id)) {
    const found = kindOf(claimOf(payload, claims.party));
    const remedy = identities ? `, and no identity (PUT /v1/identities) names its ${claims.subject}` : '';
    throw new TokenRefused(
      'sub',
      `${claims.party} is ${found}, no party id (TOKEN_PARTY_CLAIM)${remedy} (issuer ${issuer})`,
    );
  }
  if (RESERVED_PARTY_IDS.includes(id)) {
    const detail = `${claims.party} is ${shown(id)}, which stands for the service itself: its party needs another id (TOKEN_PARTY_CLAIM)`;
    throw new TokenRefused('sub', `${detail} (issuer ${issuer})`);
  }
  return { id, role: claimedRole(payload, from) };
}

function claimedRole(payload: JWTPayload, { claims, roles, issuer }: TokenIssuer): Role {
  const value = claimOf(payload, claims.role);
  const names = typeof value === 'string' ? [value, ...wordsOf(value)] : wordsOf(value);
  const [role, ...others] = new Set(names.flatMap((name) => roles.get(name) ?? []));
  if (role !== undefined && others.length === 0) return role;
  const several = role === undefined ? '' : ', several of our roles';
  const detail = `${claims.role} is ${shown(value)}${several}; exactly one of ${list(roles.keys())} must be in it (TOKEN_ROLE_CLAIM, TOKEN_ROLE_MAP), or an identity (PUT /v1/identities) name its ${claims.subject}`;
  throw new TokenRefused('role', `${detail} (issuer ${issuer})`);
}

const MAX_TERMINAL = 100;

/** Absent is fine: not every issuer knows terminals. Throws `TokenRefused` for one that a check could not name. */
function terminalOf(payload: JWTPayload, { claims, issuer }: TokenIssuer): string | undefined {
  const value = claimOf(payload, claims.terminal);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && !textFault(value, { maxLength: MAX_TERMINAL })) return value;
  throw new TokenRefused(
    'terminal',
    `${claims.terminal} is ${kindOf(value)}; a text of 1 to ${MAX_TERMINAL} plain characters may be there (TOKEN_TERMINAL_CLAIM) (issuer ${issuer})`,
  );
}

/** A claim that says who somebody is. An e-mail address that its issuer has not verified anybody could have typed. */
function provenClaim(payload: JWTPayload, name: string): unknown {
  const value = claimOf(payload, name);
  if (name !== 'email' || value === undefined || ['true', true].some((proven) => proven === payload['email_verified']))
    return value;
  throw new TokenRefused('sub', `email is not verified: email_verified is ${shown(payload['email_verified'])}`);
}

/**
 * The claim of that name: as it stands in the token, though there are dots in it (`https://shop.example/roles`), else the
 * name's dots lead into objects (`realm_access.roles`, `resource_access.my.client.roles`).
 */
export function claimOf(claims: object, name: string): unknown {
  const own = new Map<string, unknown>(Object.entries(claims));
  if (own.has(name)) return own.get(name);
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const inner = own.get(name.slice(0, dot));
    const found = typeof inner === 'object' && inner !== null ? claimOf(inner, name.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * One text or number, a list of them, words with blanks between, or an object's names (as ZITADEL has its roles) but for those that
 * it denies: `{"operator": false}` makes nobody one.
 */
export function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  if (typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string');
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, granted]) => (granted ? [name] : []));
}
