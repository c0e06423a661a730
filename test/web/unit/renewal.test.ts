import { describe, expect, jest, test } from '@jest/globals';
import { renewedToken, type Renewing, type Tokens } from '../../../web/session/renewal.ts';

const jwt = (name: string): string => `${name}.payload.signature`;

class Refused extends Error {}

/** A token source whose issuer answers with `next`, at a time that the test moves. */
function source(first: Tokens, next: () => Promise<Tokens>) {
  jest.useFakeTimers({ now: 0 });
  const renew = jest.fn<Renewing['renew']>(next);
  const onExpired = jest.fn();
  const token = renewedToken(first, { renew, onExpired, isRefusal: (error) => error instanceof Refused });
  return { token, renew, onExpired, at: (ms: number) => jest.setSystemTime(ms) };
}

describe('the token of a sign-in', () => {
  const first: Tokens = { access_token: jwt('first'), refresh_token: 'r1', expires_in: 300 };
  const second: Tokens = { access_token: jwt('second'), refresh_token: 'r2', expires_in: 300 };

  test('is renewed half a minute before it expires, once for all who ask', async () => {
    const { token, renew, at } = source(first, async () => second);
    at(269_999);
    expect(await token()).toBe(jwt('first'));
    at(270_000);
    expect(await Promise.all([token(), token(), token()])).toEqual([jwt('second'), jwt('second'), jwt('second')]);
    expect(renew.mock.calls).toEqual([['r1']]);
  });

  test('is renewed with the same refresh token where the issuer keeps it', async () => {
    const { token, renew, at } = source(first, async () => ({ access_token: jwt('next'), expires_in: 300 }));
    at(280_000);
    await token();
    at(580_000);
    await token();
    expect(renew.mock.calls).toEqual([['r1'], ['r1']]);
  });

  test('that is refused a renewal lasts until it expires, and then there is none', async () => {
    const { token, renew, onExpired, at } = source(first, () => Promise.reject(new Refused()));
    at(280_000);
    expect(await token()).toBe(jwt('first'));
    expect(onExpired).not.toHaveBeenCalled();
    at(300_000);
    expect(await token()).toBeUndefined();
    expect(onExpired).toHaveBeenCalledTimes(1);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  test('outlasts an issuer that is away for a moment', async () => {
    const answers: (() => Promise<Tokens>)[] = [
      () => Promise.reject(new TypeError('Failed to fetch')),
      async () => second,
    ];
    const { token, at } = source(first, () => (answers.shift() ?? (async () => second))());
    at(280_000);
    expect(await token()).toBe(jwt('first'));
    expect(await token()).toBe(jwt('second'));
  });

  test('that has expired while the issuer is away cannot be had', async () => {
    const { token, onExpired, at } = source(first, () => Promise.reject(new TypeError('Failed to fetch')));
    at(300_000);
    await expect(token()).rejects.toThrow('Failed to fetch');
    expect(onExpired).not.toHaveBeenCalled();
  });

  test('without an end is never renewed', async () => {
    const { token, renew, at } = source({ access_token: jwt('first'), refresh_token: 'r1' }, async () => second);
    at(10 ** 12);
    expect(await token()).toBe(jwt('first'));
    expect(renew).not.toHaveBeenCalled();
  });

  test('is the ID token where the access token is for the issuer alone', async () => {
    const { token } = source({ access_token: 'opaque', id_token: jwt('id'), expires_in: 300 }, async () => second);
    expect(await token()).toBe(jwt('id'));
  });
});
