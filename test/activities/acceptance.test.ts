import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAcceptanceSteps } from '../../activities/acceptance.ts';
import { readCheck, stopCheck } from '../../office/checks/register.ts';
import {
  CHECK_LIFETIME_MS,
  checkOffice,
  moveCheck,
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

async function presented(of: CheckOffice): Promise<IssuedCheck> {
  const check = await of.issue();
  await moveCheck(of, check.number, 'presented');
  await of.orm.em.fork().execute(`update orders set stage = 'presented' where id = ?`, [check.orderId]);
  return check;
}

const PARTIES = { buyerId: 'buyer-ada', sellerId: 'seller-mill' } as const;

function accept({ orm, clock }: CheckOffice, { orderId }: IssuedCheck) {
  const steps = createAcceptanceSteps({ orm, clock: () => new Date(clock.now) });
  return steps.acceptOrder({ orderId, ...PARTIES, paymentAgent: 'manual' });
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
