import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { claimOf, wordsOf } from '../../api/auth/who-is.ts';

describe('a claim is found', () => {
  test.each<[string, object, string, unknown]>([
    ['by its name', { role: 'buyer' }, 'role', 'buyer'],
    [
      'by a name that is an address',
      { 'https://shop.example/roles': ['buyer'] },
      'https://shop.example/roles',
      ['buyer'],
    ],
    [
      'by a name that is a URN',
      { 'urn:zitadel:iam:org:roles': { buyer: {} } },
      'urn:zitadel:iam:org:roles',
      { buyer: {} },
    ],
    ['inside an object', { realm_access: { roles: ['buyer'] } }, 'realm_access.roles', ['buyer']],
    [
      'two objects deep',
      { resource_access: { countersign: { roles: ['seller'] } } },
      'resource_access.countersign.roles',
      ['seller'],
    ],
    [
      'inside a name with dots',
      { resource_access: { 'my.shop.app': { roles: ['x'] } } },
      'resource_access.my.shop.app.roles',
      ['x'],
    ],
    ['inside an address', { 'https://shop.example/app': { role: 'x' } }, 'https://shop.example/app.role', 'x'],
    ['literally first', { 'a.b': 1, a: { b: 2 } }, 'a.b', 1],
    ['by the longest name first', { 'a.b': { c: 1 }, a: { 'b.c': 2 } }, 'a.b.c', 1],
    ['also where a longer name leads nowhere', { 'a.b': { x: 1 }, a: { 'b.c': 2 } }, 'a.b.c', 2],
    ['empty, if it is empty', { role: '' }, 'role', ''],
    ['null, if it is null', { role: null }, 'role', null],
    ['nowhere, if it is not there', { role: 'buyer' }, 'roles', undefined],
    ['nowhere in a text', { realm_access: 'roles' }, 'realm_access.length', undefined],
    ['nowhere in what every object has', {}, 'constructor.name', undefined],
    ['nowhere in what every object has', {}, '__proto__', undefined],
  ])('%s', (_how, claims, name, value) => {
    expect(claimOf(claims, name)).toEqual(value);
  });

  test('under any name that it has, in any depth', () => {
    const path = fc.array(fc.stringMatching(/^[a-z:/.]{1,6}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, fc.jsonValue(), (names, value) => {
        const claims = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), { leaf: value });
        expect(claimOf(Object(claims), [...names, 'leaf'].join('.'))).toEqual(value);
      }),
    );
  });
});

test.each<[string, unknown, string[]]>([
  ['a text', 'buyer', ['buyer']],
  ['words with blanks between', 'openid  buyer', ['openid', 'buyer']],
  ['a list', ['offline_access', 'buyer'], ['offline_access', 'buyer']],
  ['a list with something else in it', ['buyer', 1, null, ['seller']], ['buyer']],
  ["an object's names", { buyer: { '2271': 'shop.example' } }, ['buyer']],
  ['what an object denies', { operator: false, seller: null, buyer: true }, ['buyer']],
  ['a number', 4711, ['4711']],
  ['nothing', undefined, []],
  ['null', null, []],
  ['true', true, []],
  ['an empty text', '', []],
])('%s is read as its words', (_kind, value, words) => {
  expect(wordsOf(value)).toEqual(words);
});
