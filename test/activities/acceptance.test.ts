import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCheck, stopCheck } from '../../office/checks/register.ts';
import {
  accept,
  CHECK_LIFETIME_MS,
  checkOffice,
  presented,
  type CheckOffice,
  type IssuedCheck,
} from '../office/checks-support.ts';

let office: CheckOffice;
beforeAll(async () => {
  office = await checkOffice();
});
afterAll(() => office.close());

async function setAccount(status: string): Promise<void> {
  await office.orm.em.fork().execute('update accounts set status = ? where id = ?', [status, 'buyer-ada']);
}

describe('the seller accepts a presented check by hand', () => {
  const statusOf = async (of: CheckOffice, { number }: IssuedCheck) =>
    (await readCheck(of.orm.em.fork(), number))?.status;

  test('a good one is accepted, once', async () => {
    const check = await presented(office);
    expect(await accept(office, check)).toEqual({ kind: 'accepted' });
    expect(await accept(office, check)).toEqual({ kind: 'accepted' });
    expect(await statusOf(office, check)).toBe('accepted');
  });

  test('one that was stopped since is refused', async () => {
    const check = await presented(office);
    await stopCheck(office.orm, { number: check.number, actor: 'buyer-ada', reason: 'lost' });
    expect(await accept(office, check)).toEqual({ kind: 'refused', reason: 'stopped' });
  });

  test('one whose account was frozen since is refused', async () => {
    const check = await presented(office);
    await setAccount('frozen');
    expect(await accept(office, check)).toEqual({ kind: 'refused', reason: 'account_frozen' });
    await setAccount('open');
  });

  test('one whose time has run out since, or whose key was revoked since, is refused', async () => {
    const other = await checkOffice();
    const check = await presented(other);
    const [key] = await other.keyRing.list();
    other.clock.now += CHECK_LIFETIME_MS;
    expect(await accept(other, check)).toEqual({ kind: 'refused', reason: 'expired' });
    other.clock.now -= CHECK_LIFETIME_MS;
    await other.keyRing.revoke(key?.kid ?? '');
    expect(await accept(other, check)).toEqual({ kind: 'refused', reason: 'bad_signature' });
    expect(await statusOf(other, check)).toBe('presented');
    await other.close();
  });
});
