import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runFolder } from '../support/run.ts';
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
    ['TOKEN_ISSUER', 'https://id.example', 'TOKEN_JWKS_URL is missing: set both or neither'],
    ['TEMPORAL_UI_PORT', '3000', 'TEMPORAL_UI_PORT must differ from PORT (3000)'],
    [
      'DATABASE_URL_FILE',
      '/nowhere',
      'DATABASE_URL_FILE (/nowhere) cannot be read: name a readable file that holds DATABASE_URL',
    ],
  ])('%s=%s is refused in one line that names it', (name, value, message) => {
    expect(() => parseSettings({ [name]: value })).toThrow(message);
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

  test('a process without a database of its own needs one to be named', () => {
    expect(() => parseServiceSettings({})).toThrow('DATABASE_URL is missing');
  });
});
