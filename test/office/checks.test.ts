import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECK_STATUSES, type CheckStatus } from '../../domain/echeck.ts';
import { checkNumberOf } from '../../domain/ids.ts';
import { createCheckSigning } from '../../office/checks/signing.ts';
import { openKeyRing } from '../../office/checks/key-ring.ts';
import { connectOrm } from '../../platform/orm.ts';
import { readCheck, stopCheck, validateCheck, type CheckVerdict } from '../../office/checks/register.ts';
import { mayCheckMove } from '../support/check-moves.ts';
import { whileHolding } from '../support/lock-waits.ts';
import {
  CHECK_LIFETIME_MS,
  checkOffice,
  ISSUER,
  moveCheck,
  newOrderId,
  type CheckOffice,
  type IssuedCheck,
} from './checks-support.ts';

let office: CheckOffice;
beforeAll(async () => {
  office = await checkOffice();
});
afterAll(() => office.close());

function validate(jws: string, asked: Partial<Parameters<typeof validateCheck>[2]> = {}): Promise<CheckVerdict> {
  const now = new Date(office.clock.now);
  return validateCheck(office.orm.em.fork(), office.signing, { jws, now, ...asked });
}

async function setAccount(status: string): Promise<void> {
  await office.orm.em.fork().execute('update accounts set status = ? where id = ?', [status, 'buyer-ada']);
}

async function heldBy(buyerId: string): Promise<bigint> {
  const [row] = await office.orm.em
    .fork()
    .execute<{ held: string }[]>('select held from accounts where id = ?', [buyerId]);
  return BigInt(row?.held ?? -1);
}

describe('the check office validates a check (claim 2)', () => {
  test('a fresh check is valid for its buyer, its seller and its order, and validating changes nothing', async () => {
    const { jws, orderId, number } = await office.issue();
    const asked = { presentedBy: 'buyer-ada', acceptedBy: 'seller-mill', orderId, presenting: true };
    expect(await validate(jws, asked)).toMatchObject({ valid: true, status: 'issued', check: { number, orderId } });
    expect(await validate(jws, asked)).toMatchObject({ valid: true, status: 'issued' });
  });

  test('a check that was made but never registered is not found', async () => {
    const { number } = await office.issue();
    const registered = await readCheck(office.orm.em.fork(), number);
    const verified = await office.signing.verifyCheck(registered?.jws ?? '');
    if (!verified.ok) throw new Error('the check verifies');
    const orderId = newOrderId();
    const claims = { ...verified.claims, orderId, number: checkNumberOf(orderId) };
    const { jws } = await office.signing.signCheck(claims);
    expect(await validate(jws)).toEqual({ valid: false, reason: 'not_found', status: null });
  });

  test('a second token for a registered check is altered, though our key signed it', async () => {
    const { jws } = await office.issue();
    const verified = await office.signing.verifyCheck(jws);
    if (!verified.ok) throw new Error('the check verifies');
    const more = { ...verified.claims, charge: { amount: 200, currency: 'EUR' as const } };
    expect(await validate((await office.signing.signCheck(more)).jws)).toMatchObject({ reason: 'altered' });
    expect(await validate((await office.signing.signCheck(verified.claims)).jws)).toMatchObject({ reason: 'altered' });
    expect(await validate(jws)).toMatchObject({ valid: true });
  });

  test('text that is no check is refused without telling of any check', async () => {
    const { jws } = await office.issue();
    const changed = jws.slice(0, -1) + (jws.endsWith('A') ? 'Q' : 'A');
    expect(await validate(changed)).toEqual({ valid: false, reason: 'bad_signature', status: null });
    expect(await validate('')).toEqual({ valid: false, reason: 'bad_signature', status: null });
  });

  test('another buyer who presents it, or another seller, is refused', async () => {
    const { jws } = await office.issue();
    expect(await validate(jws, { presentedBy: 'buyer-bob' })).toMatchObject({ valid: false, reason: 'wrong_payee' });
    expect(await validate(jws, { acceptedBy: 'seller-forge' })).toMatchObject({ valid: false, reason: 'wrong_payee' });
  });

  test('it is presented once', async () => {
    const { jws, number } = await office.issue();
    await moveCheck(office, number, 'presented');
    expect(await validate(jws, { presenting: true })).toMatchObject({ valid: false, reason: 'already_presented' });
    expect(await validate(jws)).toMatchObject({ valid: true, status: 'presented' });
  });

  test('a frozen account makes its open checks invalid until it is open again', async () => {
    const { jws } = await office.issue();
    await setAccount('frozen');
    expect(await validate(jws)).toMatchObject({ valid: false, reason: 'account_frozen', status: 'issued' });
    await setAccount('open');
    expect(await validate(jws)).toMatchObject({ valid: true });
  });

  test('an account is not closed under an open check', async () => {
    await office.issue();
    await expect(setAccount('closed')).rejects.toThrow('accounts_closed_empty');
  });

  test('its time runs out', async () => {
    const { jws } = await office.issue();
    office.clock.now += CHECK_LIFETIME_MS;
    expect(await validate(jws)).toEqual({ valid: false, reason: 'expired', status: 'issued' });
    office.clock.now -= CHECK_LIFETIME_MS;
  });
});

describe('the buyer stops a check', () => {
  const stop = (check: IssuedCheck, buyerId = 'buyer-ada') =>
    stopCheck(office.orm, { number: check.number, buyerId, actor: buyerId, reason: 'lost my terminal' });
  const tooLate = (status: CheckStatus) => ({
    ok: false,
    code: 'check-not-stoppable',
    detail: expect.stringContaining(status),
  });

  test.each(['issued', 'presented'] as const)('that is %s: the hold is released with it, once', async (status) => {
    const before = await heldBy('buyer-ada');
    const check = await office.issue();
    await moveCheck(office, check.number, status);
    expect(await heldBy('buyer-ada')).toBe(before + 100n);

    expect(await stop(check)).toEqual({ ok: true, value: { orderId: check.orderId, repeated: false } });
    expect(await stop(check)).toEqual({ ok: true, value: { orderId: check.orderId, repeated: true } });
    expect(await heldBy('buyer-ada')).toBe(before);
    expect(await validate(check.jws)).toMatchObject({ valid: false, reason: 'stopped', status: 'stopped' });
    const events = await office.orm.em
      .fork()
      .execute<{ actor: string; body: unknown }[]>(
        `select actor, body from order_events where order_id = ? and type = 'check_stopped'`,
        [check.orderId],
      );
    expect(events).toEqual([{ actor: 'buyer-ada', body: { number: check.number, reason: 'lost my terminal' } }]);
  });

  test('many times at once: it is stopped once', async () => {
    const before = await heldBy('buyer-ada');
    const check = await office.issue();
    const stopped = await Promise.all(Array.from({ length: 8 }, () => stop(check)));
    expect(stopped.filter((answer) => answer.ok && !answer.value.repeated)).toHaveLength(1);
    expect(stopped.filter((answer) => answer.ok)).toHaveLength(8);
    expect(await heldBy('buyer-ada')).toBe(before);
  });

  test.each(['accepted', 'cleared', 'final', 'refunded', 'voided', 'expired'] as const)(
    'that is %s: too late, and nothing moves',
    async (status) => {
      const check = await office.issue();
      await moveCheck(office, check.number, status);
      const before = await heldBy('buyer-ada');
      expect(await stop(check)).toMatchObject(tooLate(status));
      expect(await heldBy('buyer-ada')).toBe(before);
      expect((await readCheck(office.orm.em.fork(), check.number))?.status).toBe(status);
    },
  );

  test('while the seller accepts it: too late, and nothing moves', async () => {
    const check = await office.issue();
    await moveCheck(office, check.number, 'presented');
    const statements = [
      `update orders set stage = 'accepted' where id = '${check.orderId}'`,
      `update echecks set status = 'accepted' where number = '${check.number}'`,
    ];
    const stopped = await whileHolding({ url: office.url, statements, waiters: 1 }, () => stop(check));
    expect(stopped).toMatchObject(tooLate('accepted'));
  });

  test('of somebody else, or one that does not exist: there is none', async () => {
    const check = await office.issue();
    expect(await stop(check, 'buyer-bob')).toMatchObject({ ok: false, code: 'check-not-found' });
    expect(await stop({ ...check, number: check.number.slice(0, -1) } as IssuedCheck)).toMatchObject({
      ok: false,
      code: 'check-not-found',
    });
    expect(await validate(check.jws)).toMatchObject({ valid: true });
  });
});

describe('the register guards itself, whoever writes SQL as the application', () => {
  const rewrite = (assignment: string, number: string) =>
    office.orm.em.fork().execute(`update echecks set ${assignment} where number = ?`, [number]);

  /** Tries the move alone and takes it back: what must move with it is not this guard's concern. */
  const tryMove = (number: string, to: string): Promise<string> =>
    office.orm.em
      .fork()
      .transactional(async (tx) => {
        await tx.execute('update echecks set status = ? where number = ?', [to, number]);
        throw new Error('moved');
      })
      .then(
        () => 'committed',
        (error: Error) => error.message,
      );

  test.each(CHECK_STATUSES)('a check that is %s moves exactly as the table of moves says', async (from) => {
    const { number } = await office.issue();
    await moveCheck(office, number, from);
    for (const to of CHECK_STATUSES.filter((status) => status !== from)) {
      const allowed = mayCheckMove(from, to);
      expect([to, await tryMove(number, to)]).toEqual([
        to,
        allowed ? 'moved' : expect.stringContaining('may not move'),
      ]);
    }
  });

  test.each([
    ['amount', 'amount = 1'],
    ['payee', `seller_id = 'seller-forge'`],
    ['buyer', `buyer_id = 'buyer-bob'`],
    ['text', `jws = 'x'`],
    ['expiry', `expires_at = now() + interval '1 year'`],
    ['place in the status list', 'status_index = 0'],
    ['hold', 'hold_id = 1'],
  ])('what a check says is never rewritten: its %s', async (_part, assignment) => {
    const { number } = await office.issue();
    await expect(rewrite(assignment, number)).rejects.toThrow('permission denied');
  });

  test('no check is deleted', async () => {
    await expect(office.orm.em.fork().execute('delete from echecks')).rejects.toThrow('permission denied');
  });
});

test('a key that another process has just revoked puts no check into the world', async () => {
  const other = await checkOffice();
  const { jws } = await other.issue();
  await other.orm.em.fork().execute(`update signing_keys set status = 'revoked'`);
  await expect(other.issue()).rejects.toThrow('signed with the revoked key');
  const verdict = await validateCheck(other.orm.em.fork(), other.signing, { jws, now: new Date(other.clock.now) });
  expect(verdict).toEqual({ valid: false, reason: 'bad_signature', status: 'issued' });
  const [row] = await other.orm.em
    .fork()
    .execute<{ held: string }[]>(`select held from accounts where id = 'buyer-ada'`);
  expect(row?.held).toBe('100');
  other.clock.now += 1_000;
  await other.keyRing.rotate();
  expect(await other.issue()).toMatchObject({ jws: expect.any(String) });
  await other.close();
});

test('transactions that fill the whole pool validate checks without waiting for one more connection', async () => {
  const { jws } = await office.issue();
  const orm = await connectOrm({ url: office.url, poolMax: 2 });
  const clock = { now: office.clock.now };
  const keyRing = await openKeyRing({ orm, source: { directory: office.directory }, now: () => clock.now });
  const signing = createCheckSigning({ orm, keyRing, issuer: ISSUER, now: () => clock.now });
  // What the ring knew is out of date, so that it has to ask the database.
  clock.now += 60_000;
  const both = rendezvous(2);
  const validated = [1, 2].map(() =>
    orm.em.fork().transactional(async (tx) => {
      await tx.execute('select 1');
      await both();
      return validateCheck(tx, signing, { jws, now: new Date(clock.now) });
    }),
  );
  expect(await Promise.all(validated)).toMatchObject([{ valid: true }, { valid: true }]);
  await orm.close();
});

/** Returns a function whose callers wait until `count` of them have come. */
function rendezvous(count: number): () => Promise<void> {
  let missing = count;
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    missing -= 1;
    if (missing === 0) open();
    return opened;
  };
}
