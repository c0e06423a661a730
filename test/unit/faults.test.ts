import { describe, expect, test } from '@jest/globals';
import { databaseFailure, isConflict, type DatabaseFault } from '../../domain/faults.ts';

const driver = (code: string, message = 'what the server said') => Object.assign(new Error(message), { code });

const BY_CODE: [string, DatabaseFault][] = [
  ['08006', 'DatabaseUnavailable'],
  ['57P01', 'DatabaseUnavailable'],
  ['57P03', 'DatabaseUnavailable'],
  ['57P05', 'DatabaseUnavailable'],
  ['28P01', 'DatabaseUnavailable'],
  ['3D000', 'DatabaseUnavailable'],
  ['53300', 'DatabaseUnavailable'],
  ['53100', 'DatabaseFull'],
  ['53200', 'DatabaseFull'],
  ['55P03', 'DatabaseLocked'],
  ['57014', 'DatabaseSlow'],
  ['25P03', 'DatabaseSlow'],
  ['25P04', 'DatabaseSlow'],
  ['25006', 'DatabaseReadOnly'],
  ['40001', 'DatabaseConflict'],
  ['40P01', 'DatabaseConflict'],
  ['42501', 'DatabaseRefused'],
  ['CS004', 'DatabaseRefused'],
  ['ECONNREFUSED', 'DatabaseUnavailable'],
  ['ETIMEDOUT', 'DatabaseUnavailable'],
];

describe('what a driver says', () => {
  test.each(BY_CODE)('%s is %s, also as the cause of another error', (code, fault) => {
    expect(databaseFailure(driver(code))?.fault).toBe(fault);
    expect(databaseFailure(new Error('while issuing', { cause: driver(code) }))?.fault).toBe(fault);
    expect(databaseFailure(new AggregateError([driver(code)], 'every address'))?.fault).toBe(fault);
  });

  test.each([
    ['timeout exceeded when trying to connect', 'DatabaseBusy'],
    ['Connection terminated unexpectedly', 'DatabaseUnavailable'],
    ['Connection terminated due to connection timeout', 'DatabaseUnavailable'],
    ['Client has encountered a connection error and is not queryable', 'DatabaseUnavailable'],
  ])('“%s” is %s', (message, fault) => {
    expect(databaseFailure(new Error(message))?.fault).toBe(fault);
  });

  test('a file that is missing is no outage, a socket that is missing is one', () => {
    expect(databaseFailure(driver('ENOENT'))).toBeUndefined();
    expect(databaseFailure(Object.assign(driver('ENOENT'), { syscall: 'connect' }))?.fault).toBe('DatabaseUnavailable');
  });

  test('anything else is about something else', () => {
    for (const other of [new Error('no'), 'no', undefined, null, { code: 7 }])
      expect(databaseFailure(other)).toBeUndefined();
    expect(isConflict(driver('40P01'))).toBe(true);
    expect(isConflict(driver('55P03'))).toBe(false);
  });

  test('the message has the SQLSTATE, and neither details nor values', () => {
    const refused = databaseFailure(driver('23505', 'duplicate key\n - detail: Key (id)=(secret) already exists'));
    expect(refused?.message).toBe('duplicate key (SQLSTATE 23505)');
    const invalid = databaseFailure(driver('22P02', 'invalid input syntax for type json: "secret"'));
    expect(invalid?.message).toBe('invalid input syntax for type json (SQLSTATE 22P02)');
  });
});
