import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { localIssuer, remoteIssuer, type TokenIssuer } from '../../api/auth/issuers.ts';
import { TokenRefused } from '../../api/auth/token-refusals.ts';
import { whoIs, type Bearer } from '../../api/auth/who-is.ts';
import { ROLES } from '../../domain/party.ts';
import { parseSettings, SettingsError } from '../../platform/settings.ts';

const IDENTITY = { partyId: 'buyer-known', role: 'buyer', revision: '1.1' } as const;

/** An outside issuer with these settings, whose identities name the subjects of that list. */
function outside(settings: Record<string, string> = {}, known: readonly string[] = []): TokenIssuer {
  const [issuer] = parseSettings({ TOKEN_ISSUER: 'https://login.example', ...settings }).tokenIssuers;
  if (!issuer) throw new Error('no issuer');
  return remoteIssuer(issuer, async (_issuer, subject) => (known.includes(subject) ? IDENTITY : undefined));
}

async function judged(payload: object, from: TokenIssuer): Promise<Bearer | TokenRefused> {
  return whoIs({ ...payload }, from).catch((error: unknown) => {
    if (error instanceof TokenRefused) return error;
    throw error;
  });
}

/** Claims of a verified token: anything but its end, which is a number by then (RFC 7519, 4.1.4). */
const claims = fc
  .tuple(
    fc.dictionary(fc.constantFrom('sub', 'role', 'terminal', 'oid', 'email', 'email_verified', 'x'), fc.jsonValue()),
    fc.option(fc.record({ exp: fc.double({ noNaN: true }) }), { nil: {} }),
  )
  .map(([others, end]) => ({ ...others, ...end }));

test('whatever a token claims, it is a party of ours in one role of ours, or refused', async () => {
  const likely = fc.record({
    sub: fc.oneof(fc.constantFrom('buyer-ada', 'auth0|1', 'Ada', ''), fc.string(), fc.jsonValue()),
    role: fc.oneof(fc.constantFrom(...ROLES), fc.array(fc.constantFrom(...ROLES, 'other')), fc.jsonValue()),
    terminal: fc.oneof(fc.constant(undefined), fc.string(), fc.jsonValue()),
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(claims, likely), async (payload) => {
      const who = await judged(payload, outside());
      if (who instanceof TokenRefused) return ['sub', 'role', 'terminal'].includes(who.reason);
      return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(who.id) && ROLES.includes(who.role);
    }),
    { numRuns: 500 },
  );
});

test('a subject with an identity is that party and no other, whatever else its token claims', async () => {
  await fc.assert(
    fc.asyncProperty(claims, async (payload) => {
      const who = await judged({ ...payload, sub: 'auth0|1', terminal: 'till-7' }, outside({}, ['auth0|1']));
      expect(who).toMatchObject({ id: 'buyer-known', role: 'buyer', terminalId: 'till-7' });
    }),
  );
});

test('no claim but the subject claim makes somebody the subject of an identity', async () => {
  await fc.assert(
    fc.asyncProperty(claims, async (payload) => {
      const everywhere = Object.fromEntries(Object.keys(payload).map((name) => [name, 'auth0|1']));
      const others = { ...payload, ...everywhere, preferred_username: 'auth0|1', oid: 'auth0|1', sub: undefined };
      expect(await judged({ ...others, sub: 'auth0|2' }, outside({}, ['auth0|1']))).toBeInstanceOf(TokenRefused);
      expect(await judged(others, outside({}, ['auth0|1']))).toBeInstanceOf(TokenRefused);
    }),
  );
});

test('no refusal says who it was', async () => {
  const person = fc.constantFrom(
    'ada.secret@mill.example',
    'Ada Secret',
    'auth0|secret',
    'größe-secret',
    'x'.repeat(300) + 'secret',
  );
  const place = fc.constantFrom('sub', 'terminal', 'email', 'oid');
  const names = { TOKEN_PARTY_CLAIM: 'oid' };
  await fc.assert(
    fc.asyncProperty(claims, place, person, async (payload, name, who) => {
      for (const issuer of [outside(), outside(names), outside({ TOKEN_SUBJECT_CLAIM: 'email' })]) {
        const refused = await judged({ ...payload, [name]: who }, issuer);
        if (refused instanceof TokenRefused) expect(refused.detail).not.toContain('secret');
      }
    }),
  );
});

describe('who a token is of', () => {
  test.each<[string, Record<string, string>, object, object]>([
    ['a list as subject', {}, { sub: ['x'], role: 'buyer' }, { id: 'x' }],
    [
      'a party claim in a list',
      { TOKEN_PARTY_CLAIM: 'party' },
      { sub: 'X', party: ['buyer-ada'], role: 'buyer' },
      { id: 'buyer-ada' },
    ],
    [
      'two parties',
      { TOKEN_PARTY_CLAIM: 'party' },
      { party: ['buyer-ada', 'buyer-bob'], role: 'buyer' },
      { reason: 'sub' },
    ],
    [
      'words instead of a party',
      { TOKEN_PARTY_CLAIM: 'party' },
      { party: 'buyer-ada buyer-bob', role: 'buyer' },
      { reason: 'sub' },
    ],
    [
      'one role in a scope',
      { TOKEN_ROLE_CLAIM: 'scope' },
      { sub: 'a', role: 'x', scope: 'openid seller' },
      { id: 'a', role: 'seller' },
    ],
    ['one role twice', {}, { sub: 'a', role: ['seller', 'seller'] }, { role: 'seller' }],
    [
      'two names of one role',
      { TOKEN_ROLE_MAP: '{"A":"seller","B":"seller"}' },
      { sub: 'a', role: ['A', 'B'] },
      { role: 'seller' },
    ],
    [
      'a name with a blank',
      { TOKEN_ROLE_MAP: '{"Mill Seller":"seller"}' },
      { sub: 'a', role: 'Mill Seller' },
      { role: 'seller' },
    ],
    [
      'our own name beside a map',
      { TOKEN_ROLE_MAP: '{"A":"seller"}' },
      { sub: 'a', role: 'seller' },
      { reason: 'role' },
    ],
    ['a role in other letters', {}, { sub: 'a', role: 'Seller' }, { reason: 'role' }],
    [
      'an inherited name as role',
      { TOKEN_ROLE_MAP: '{"A":"seller"}' },
      { sub: 'a', role: 'constructor' },
      { reason: 'role' },
    ],
    [
      'roles as ZITADEL has them',
      { TOKEN_ROLE_CLAIM: 'urn:zitadel:iam:org:project:roles' },
      { sub: 'a', 'urn:zitadel:iam:org:project:roles': { seller: { '1': 'x' } } },
      { role: 'seller' },
    ],
    ['a number as subject and party', {}, { sub: 4711, role: 'buyer' }, { id: '4711', subject: { subject: '4711' } }],
    [
      'a client as terminal',
      { TOKEN_TERMINAL_CLAIM: 'azp' },
      { sub: 'a', role: 'buyer', azp: 'till' },
      { terminalId: 'till' },
    ],
    ['no terminal', {}, { sub: 'a', role: 'buyer', terminal: null }, { id: 'a', terminalId: undefined }],
    ['an empty terminal', {}, { sub: 'a', role: 'buyer', terminal: '' }, { reason: 'terminal' }],
    [
      'a verified address',
      { TOKEN_PARTY_CLAIM: 'email' },
      { email: 'a', email_verified: true, role: 'buyer' },
      { id: 'a' },
    ],
    ['an address that is not', { TOKEN_PARTY_CLAIM: 'email' }, { email: 'a', role: 'buyer' }, { reason: 'sub' }],
  ])('%s', async (_what, settings, payload, expected) => {
    expect(await judged(payload, outside(settings))).toMatchObject(expected);
  });

  test('of the embedded issuer are its claims: the registry is not asked', async () => {
    const who = await whoIs({ sub: 'buyer-ada', role: 'buyer' }, localIssuer({ keys: [] }, 'embedded', 'x'));
    expect(who).toEqual({ id: 'buyer-ada', role: 'buyer' });
  });
});

test('a map to a role that is none does not start', () => {
  expect(() => outside({ TOKEN_ROLE_MAP: '{"A":"admin"}' })).toThrow(SettingsError);
  expect(() => outside({ TOKEN_ROLE_MAP: '{"A":"admin"}' })).toThrow('TOKEN_ROLE_MAP maps "A" to "admin"');
});
