import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckSigning, type CheckSigning } from '../../office/checks/signing.ts';
import { orderDigest } from '../../office/checks/jws.ts';
import { createAcceptanceSteps } from '../../activities/acceptance.ts';
import { createIssueSteps } from '../../activities/issue.ts';
import { createStatusList, type StatusListPublisher } from '../../office/checks/status-list.ts';
import { seedDemo } from '../../office/seed.ts';
import { openKeyRing, type KeyRing } from '../../office/checks/key-ring.ts';
import type { CheckStatus } from '../../domain/echeck.ts';
import { checkNumberOf, parseOrderId, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import { CHECK_MOVES } from '../support/check-moves.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { walkCheck } from '../support/ledger-book.ts';

/** A whole check office on a real database, with a clock that a test sets. */
export interface CheckOffice extends TestDatabase {
  readonly directory: string;
  readonly keyRing: KeyRing;
  readonly signing: CheckSigning;
  readonly statusList: StatusListPublisher;
  readonly clock: { now: number };
  issue(order?: { buyerId?: string; sellerId?: string }): Promise<IssuedCheck>;
}

export interface IssuedCheck {
  readonly orderId: OrderId;
  readonly number: CheckNumber;
  readonly jws: string;
}

export const ISSUER = 'countersign';
export const CHECK_LIFETIME_MS = 3_600_000;

export async function checkOffice(): Promise<CheckOffice> {
  const database = await testDatabase();
  const { orm } = database;
  await seedDemo(orm);
  const directory = await mkdtemp(join(tmpdir(), 'echeck-keys-'));
  const clock = { now: Date.now() };
  const now = (): number => clock.now;
  const keyRing = await openKeyRing({ orm, source: { directory }, now });
  const signing = createCheckSigning({ orm, keyRing, issuer: ISSUER, now });
  const statusList = createStatusList({ orm, keyRing, issuer: ISSUER, now });
  const office = { ...database, directory, keyRing, signing, statusList, clock };
  return {
    ...office,
    issue: (order = {}) => issue(office, order),
    async close() {
      await database.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function issue(
  { orm, signing, clock }: Pick<CheckOffice, 'orm' | 'signing' | 'clock'>,
  { buyerId = 'buyer-ada', sellerId = 'seller-mill' },
): Promise<IssuedCheck> {
  const orderId = newOrderId();
  const deliverTo = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'DE' };
  const unitPrice = { amount: 100, currency: 'EUR' } as const;
  const lines = [{ sku: 'rye-1kg', quantity: 1, name: 'Rye, 1 kg', unitPrice, total: unitPrice }];
  const steps = createIssueSteps({
    orm,
    signing,
    // These lines say nothing of their weight, so that no address is opened.
    sealer: { seal: unused, open: unused, forget: unused },
    clock: () => new Date(clock.now),
    checkLifetimeMs: CHECK_LIFETIME_MS,
  });
  const issued = await steps.issueCheck({
    orderId,
    buyerId,
    sellerId,
    distributorId: 'distributor-swift',
    terminalId: 'terminal-1',
    requestDigest: 'digest',
    lines,
    charge: unitPrice,
    deliverToSealed: 'sealed',
    orderDigest: orderDigest({ lines, deliverTo, salt: 'salt' }),
    settleOn: 'delivery',
    requestedAt: new Date(clock.now).toISOString(),
  });
  if (issued.kind !== 'issued' || !issued.order.echeck) throw new Error(`not issued: ${JSON.stringify(issued)}`);
  return { orderId, number: checkNumberOf(orderId), jws: issued.order.echeck.jws };
}

async function unused(): Promise<never> {
  throw new Error('nothing is sealed or opened here');
}

export function newOrderId(): OrderId {
  const orderId = parseOrderId(`order-${randomBytes(13).toString('hex')}`);
  if (!orderId) throw new Error('an order id has 26 characters');
  return orderId;
}

/** The statuses through which a fresh check goes to become `to`. */
export function pathTo(to: CheckStatus): CheckStatus[] {
  const paths: CheckStatus[][] = [['issued']];
  for (const path of paths) {
    const last = path.at(-1) ?? 'issued';
    if (last === to) return path.slice(1);
    paths.push(...CHECK_MOVES[last].map((next) => [...path, next]));
  }
  throw new Error(`no way to ${to}`);
}

/** Moves a check through the register as the application's role may: with its money, or the commit is refused. */
export async function moveCheck({ orm }: Pick<CheckOffice, 'orm'>, number: string, to: CheckStatus): Promise<void> {
  const orderId = parseOrderId(number.replace(/^check-/, 'order-'));
  if (orderId) await walkCheck(orm, orderId, pathTo(to));
}

/** An issued check that its buyer has presented. */
export async function presented(of: CheckOffice): Promise<IssuedCheck> {
  const check = await of.issue();
  await moveCheck(of, check.number, 'presented');
  await of.orm.em.fork().execute(`update orders set stage = 'presented' where id = ?`, [check.orderId]);
  return check;
}

export const PARTIES = { buyerId: 'buyer-ada', sellerId: 'seller-mill' } as const;

/** The seller of the check's order accepts it by hand. */
export function accept({ orm, clock }: CheckOffice, { orderId }: IssuedCheck) {
  const steps = createAcceptanceSteps({ orm, clock: () => new Date(clock.now) });
  return steps.acceptOrder({ orderId, ...PARTIES, paymentAgent: 'manual' });
}
