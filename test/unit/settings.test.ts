import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runFolder } from '../support/run.ts';
import { privateSiteRule } from '../../platform/settings-sites.ts';
import { parseServiceSettings, parseSettings } from '../../platform/settings.ts';

describe('settings', () => {
  test('need nothing to be set', () => {
    expect(parseSettings({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      temporalPort: 7233,
      temporalUiPort: 8233,
      temporalNamespace: 'default',
      postWaitMs: 10_000,
      embedded: false,
      sites: true,
      demoDriveSeconds: 30,
      privateSites: [],
    });
  });

  test('an empty variable counts as absent', () => {
    expect(parseSettings({ PORT: '', DATABASE_URL: '' })).toEqual(parseSettings({}));
  });

  test.each([
    ['PORT', 'http', 'PORT must be a whole number from 1 to 65535'],
    ['PORT', '0x10', 'PORT must be a whole number from 1 to 65535'],
    ['TEMPORAL_PORT', '65536', 'TEMPORAL_PORT must be a whole number from 1 to 65535'],
    ['TEMPORAL_ADDRESS', 'http://somewhere', 'TEMPORAL_ADDRESS must be host:port, such as temporal.example:7233'],
    ['DATABASE_URL', 'mysql://a:secret@b/c', 'DATABASE_URL must be postgres://user:password@host:port/database'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace'],
    ['POST_WAIT_MS', '5', 'POST_WAIT_MS must be a whole number from 100 to 60000'],
    ['TOKEN_ISSUER', 'countersign-login', 'TOKEN_JWKS_URL is missing: the issuer countersign-login is no address'],
    ['TOKEN_JWKS_URL', 'https://id.example/jwks', 'TOKEN_ISSUER is missing: TOKEN_JWKS_URL alone does not say whose'],
    ['TOKEN_JWKS_URL', 'ftp://id.example/jwks', "TOKEN_JWKS_URL must be the https address of the issuer's JWKS"],
    ['TOKEN_ISSUERS_FILE', '/nowhere', 'TOKEN_ISSUERS_FILE must name a readable file with a JSON list of issuers'],
    ['TEMPORAL_UI_PORT', '3000', 'TEMPORAL_UI_PORT must differ from PORT (3000)'],
    ['SITES', 'yes', 'SITES must be on or off'],
    ['SELLING_OFFICE_PORT', '0', 'SELLING_OFFICE_PORT must be a whole number from 1 to 65535'],
    ['SELLING_OFFICE_PORT', '7233', 'SELLING_OFFICE_PORT must differ from TEMPORAL_PORT (7233)'],
    ['DISTRIBUTING_COMPANY_PORT', 'http', 'DISTRIBUTING_COMPANY_PORT must be a whole number from 1 to 65535'],
    ['DEMO_DRIVE_SECONDS', '-1', 'DEMO_DRIVE_SECONDS must be a whole number from 0 to 86400'],
    ['DEMO_DRIVE_SECONDS', '1.5', 'DEMO_DRIVE_SECONDS must be a whole number from 0 to 86400'],
    [
      'SITE_PRIVATE_TARGETS',
      'http://a:1,b:2',
      'SITE_PRIVATE_TARGETS must be http(s) addresses with commas between them',
    ],
    [
      'DATABASE_URL_FILE',
      '/nowhere',
      'DATABASE_URL_FILE (/nowhere) cannot be read: name a readable file that holds DATABASE_URL',
    ],
  ])('%s=%s is refused in one line that names it', (name, value, message) => {
    expect(() => parseSettings({ [name]: value })).toThrow(message);
  });

  test("the other parties' servers may not have one port", () => {
    const both = { SELLING_OFFICE_PORT: '4001', DISTRIBUTING_COMPANY_PORT: '4001' };
    expect(() => parseSettings(both)).toThrow('DISTRIBUTING_COMPANY_PORT must differ from SELLING_OFFICE_PORT (4001)');
  });

  test.each([
    ['http://127.0.0.1:4001', true],
    ['http://127.0.0.1:4001/office', true],
    ['http://127.0.0.1:4002', false],
    ['http://127.0.0.1', false],
    ['https://127.0.0.1:4001', false],
    ['http://127.0.0.1:4001@10.0.0.1', false],
    ['127.0.0.1:4001', false],
  ])('of two private sites that are named, %s is one: %s', (url, may) => {
    const settings = parseSettings({ SITE_PRIVATE_TARGETS: 'http://127.0.0.1:4001/messages, http://other.internal' });
    expect(privateSiteRule(settings)(url)).toBe(may);
    expect(privateSiteRule({ ...settings, webhookPrivateTargets: true })(url)).toBe(true);
  });

  describe('of the desks', () => {
    const ISSUER = { TOKEN_ISSUER: 'https://trade.eu.auth0.com/' };
    const BOTH = { ...ISSUER, DESK_OIDC_ISSUER: ISSUER.TOKEN_ISSUER, DESK_OIDC_CLIENT_ID: 'desks' };

    test('none are needed: then nobody signs in there', () => {
      expect(parseSettings({})).toMatchObject({ desk: {}, temporalUiUrl: undefined });
    });

    test('issuer and client are enough, and the page may talk to that issuer alone', () => {
      expect(parseSettings(BOTH).desk).toEqual({
        oidc: {
          issuer: 'https://trade.eu.auth0.com/',
          clientId: 'desks',
          scope: 'openid',
          parameters: {},
          origins: ['https://trade.eu.auth0.com'],
        },
      });
    });

    test('what else the issuer needs to be told, and where else its endpoints are', () => {
      const settings = {
        ...BOTH,
        DESK_OIDC_SCOPE: 'openid email',
        DESK_OIDC_PARAMETERS: 'audience=https%3A%2F%2Foffice.example&prompt=select_account',
        DESK_OIDC_ORIGINS: 'https://keys.example/path, https://trade.eu.auth0.com',
        TEMPORAL_UI_URL: 'https://temporal.example/ui/',
      };
      expect(parseSettings(settings)).toMatchObject({
        desk: {
          oidc: {
            scope: 'openid email',
            parameters: { audience: 'https://office.example', prompt: 'select_account' },
            origins: ['https://trade.eu.auth0.com', 'https://keys.example'],
          },
        },
        temporalUiUrl: 'https://temporal.example/ui',
      });
    });

    test.each<[Record<string, string>, string]>([
      [{ DESK_OIDC_CLIENT_ID: 'desks' }, 'DESK_OIDC_ISSUER is missing: set both or neither'],
      [{ DESK_OIDC_ISSUER: 'https://trade.eu.auth0.com/' }, 'DESK_OIDC_CLIENT_ID is missing: set both or neither'],
      [
        { ...BOTH, DESK_OIDC_ISSUER: 'trade' },
        'DESK_OIDC_ISSUER must be the http(s) address of an OpenID Connect issuer',
      ],
      [
        { ...BOTH, DESK_OIDC_ISSUER: 'https://trade.eu.auth0.com' },
        'DESK_OIDC_ISSUER must be an issuer whose tokens are taken, character by character: https://trade.eu.auth0.com/',
      ],
      [
        { DESK_OIDC_ISSUER: 'https://id.example', DESK_OIDC_CLIENT_ID: 'desks' },
        'DESK_OIDC_ISSUER must be an issuer whose tokens are taken, character by character: none, see TOKEN_ISSUER',
      ],
      [{ DESK_OIDC_SCOPE: 'email' }, 'DESK_OIDC_SCOPE must hold openid'],
      [{ DESK_OIDC_SCOPE: 'openid,email' }, 'DESK_OIDC_SCOPE must hold openid'],
      [{ DESK_OIDC_SCOPE: 'openid  email' }, 'DESK_OIDC_SCOPE must be scopes with one blank between them'],
      [{ DESK_OIDC_PARAMETERS: '=x' }, 'DESK_OIDC_PARAMETERS must be a query string such as audience=countersign'],
      [{ DESK_OIDC_PARAMETERS: 'a=1&a=2' }, 'DESK_OIDC_PARAMETERS must not name a parameter more than once'],
      [
        { DESK_OIDC_PARAMETERS: 'state=mine' },
        'DESK_OIDC_PARAMETERS must not name what the page says itself: client_id',
      ],
      [{ DESK_OIDC_ORIGINS: 'keys.example' }, 'DESK_OIDC_ORIGINS must be http(s) addresses with commas between them'],
      [{ TEMPORAL_UI_URL: 'temporal.example' }, 'TEMPORAL_UI_URL must be the http(s) address at which operators reach'],
    ])('%j is refused in one line', (env, message) => {
      expect(() => parseSettings(env)).toThrow(message);
    });
  });

  test('every wrong setting gets its line', () => {
    expect(() => parseSettings({ PORT: '0', LOG_LEVEL: 'loud' })).toThrow(/^PORT [^\n]+\nLOG_LEVEL [^\n]+$/);
  });

  test('a refused value is not repeated: it may hold a password', () => {
    expect(() => parseSettings({ DATABASE_URL: 'postgress://a:secret@b/c' })).toThrow(/^(?!.*secret)/);
  });

  test('the database address may lie in a file', () => {
    const file = join(runFolder(), `database-url-${process.pid}`);
    writeFileSync(file, 'postgres://a:b@c/d\n');
    expect(parseServiceSettings({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgres://a:b@c/d');
  });

  describe('of token issuers', () => {
    const TOKENS = { TOKEN_ISSUER: 'https://id.example' };
    let files = 0;
    const listed = (list: unknown): Record<string, string> => {
      const file = join(runFolder(), `issuers-${process.pid}-${(files += 1)}.json`);
      writeFileSync(file, typeof list === 'string' ? list : JSON.stringify(list));
      return { TOKEN_ISSUERS_FILE: file };
    };

    test('one is enough: its keys are found by discovery, its claims have our names', () => {
      expect(parseSettings(TOKENS).tokenIssuers).toEqual([
        {
          issuer: 'https://id.example',
          jwksUrl: undefined,
          audiences: ['countersign'],
          claims: { subject: 'sub', party: 'sub', role: 'role', terminal: 'terminal' },
          roleMap: undefined,
        },
      ]);
      expect(parseSettings({}).tokenIssuers).toEqual([]);
    });

    test('audiences are a list, and roles may have names of their own', () => {
      const settings = {
        ...TOKENS,
        TOKEN_AUDIENCE: 'one, two  three',
        TOKEN_ROLE_MAP: '{"Countersign.Buyer":"buyer"}',
      };
      expect(parseSettings(settings).tokenIssuers).toMatchObject([
        { audiences: ['one', 'two', 'three'], roleMap: { 'Countersign.Buyer': 'buyer' } },
      ]);
    });

    test('several stand in a file; what one leaves out is as the variable for it says', () => {
      const google = { issuer: 'https://accounts.google.com', audience: ['web', 'app'] };
      const file = listed([google, { issuer: 'x', jwksUrl: 'https://x.example/jwks', partyClaim: 'party' }]);
      const settings = { ...TOKENS, ...file, TOKEN_PARTY_CLAIM: 'email', TOKEN_ROLE_CLAIM: 'roles' };
      expect(parseSettings(settings).tokenIssuers).toMatchObject([
        { issuer: 'https://id.example', audiences: ['countersign'], claims: { party: 'email', role: 'roles' } },
        { issuer: google.issuer, audiences: google.audience, claims: { party: 'email', role: 'roles' } },
        { issuer: 'x', jwksUrl: 'https://x.example/jwks', claims: { party: 'party', role: 'roles' } },
      ]);
    });

    test.each<[string, Record<string, string>, string]>([
      ['no JSON', listed('issuer: x'), 'TOKEN_ISSUERS_FILE must name a readable file with a JSON list'],
      ['no list', listed({ issuer: 'x' }), 'TOKEN_ISSUERS_FILE must name a readable file with a JSON list'],
      ['an unknown word', listed([{ issuer: 'https://x.example', audiences: [] }]), 'audiences'],
      ['no issuer', listed([{}]), '(at 0.issuer: '],
      ['no way to the keys', listed([{ issuer: 'x' }]), 'TOKEN_JWKS_URL is missing: the issuer x is no address'],
      ['the same twice', { ...TOKENS, ...listed([{ issuer: 'https://id.example' }]) }, 'names an issuer twice'],
      ['nobody to be for', { ...TOKENS, TOKEN_AUDIENCE: ' , ' }, 'TOKEN_AUDIENCE is empty for the issuer https://id'],
      ['roles that are no JSON', { ...TOKENS, TOKEN_ROLE_MAP: 'buyer=buyer' }, 'TOKEN_ROLE_MAP must be a JSON object'],
    ])('%s is refused in one line', (_fault, settings, message) => {
      expect(() => parseSettings(settings)).toThrow(message);
    });
  });

  test('a process without a database of its own needs one to be named', () => {
    expect(() => parseServiceSettings({})).toThrow('DATABASE_URL is missing');
    expect(() => parseServiceSettings({ DATA_DIR: join(runFolder(), 'nobody') })).toThrow('DATABASE_URL is missing');
  });
});
