import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrderActivities, type OrderActivities } from '../../../activities/index.ts';
import { parseOrderId, type OrderId } from '../../../domain/ids.ts';
import { orderDigest } from '../../../office/checks/jws.ts';
import { openKeyRing, type KeyRing } from '../../../office/checks/key-ring.ts';
import { createCheckSigning, type CheckSigning } from '../../../office/checks/signing.ts';
import { seedDemo } from '../../../office/seed.ts';
import { loadMasterKey } from '../../../platform/key-files.ts';
import { createSealer, type Sealer } from '../../../platform/sealing.ts';
import type { DeliverTo } from '../../../domain/order.ts';
import type { OrderInput } from '../../../workflows/messages/definitions.ts';
import { testDatabase, type TestDatabase } from '../../support/database.ts';

export const DAY_MS = 86_400_000;

/** What the books say of one order. */
export interface Books {
  readonly stage: string | undefined;
  readonly payment: string | undefined;
  readonly check: string | undefined;
  /** How the order ends, as it was decided. */
  readonly ending: string | undefined;
  /** The kinds of its transfers, in their order. */
  readonly transfers: readonly string[];
  /** The types of its events, in their order. */
  readonly events: readonly string[];
}

/** The steps of an order on a real database, called by their names and without a workflow: what a guard says is seen at once. */
export interface StepOffice extends TestDatabase {
  readonly steps: OrderActivities;
  readonly signing: CheckSigning;
  readonly keyRing: KeyRing;
  readonly sealer: Sealer;
  /** What the office takes for now; a test sets it. */
  readonly clock: { now: number };
  order(change?: Partial<OrderInput>): Promise<OfficeOrder>;
  /** An address of buyer-ada, sealed with the salt `salt`. */
  sealed(deliverTo: DeliverTo): Promise<string>;
  /** A text of buyer-ada, sealed. */
  sealedText(text: string): Promise<string>;
  booksOf(orderId: string): Promise<Books>;
  /** What the account holds: balance and held, in minor units. */
  accountOf(id: string): Promise<{ balance: number; held: number }>;
  /** As the application's role may. */
  sql(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** An order and what each of its steps is given. */
export interface OfficeOrder {
  readonly id: OrderId;
  readonly input: OrderInput;
  /** Takes the steps up to this one, each as it goes well. */
  until(step: 'issue' | 'validation' | 'acceptance' | 'dispatch' | 'delivery' | 'settlement'): Promise<void>;
  issue(): ReturnType<OrderActivities['issueCheck']>;
  present(
    change?: Partial<Parameters<OrderActivities['validateCheck']>[0]>,
  ): ReturnType<OrderActivities['validateCheck']>;
  accept(): ReturnType<OrderActivities['acceptOrder']>;
  schedule(deliverAt?: string): ReturnType<OrderActivities['scheduleDispatch']>;
  deliver(receivedBySealed?: string): ReturnType<OrderActivities['notifySellerOfCompletion']>;
  notifyOffice(): ReturnType<OrderActivities['notifyOfficeOfCompletion']>;
  settle(
    change?: Partial<Parameters<OrderActivities['settlePayment']>[0]>,
  ): ReturnType<OrderActivities['settlePayment']>;
  finalise(): ReturnType<OrderActivities['finaliseCheck']>;
  /** The ending, with what undoes it. */
  ended(
    stage: 'cancelled' | 'expired' | 'refunded' | 'rejected' | 'declined',
  ): Parameters<OrderActivities['closeOrder']>[0];
  books(): Promise<Books>;
}

const ADDRESS = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
const LINES = [{ sku: 'rye-1kg', quantity: 3 }];
const UNIT_PRICE = { amount: 215, currency: 'EUR' } as const;
/** What three kilograms of rye cost. */
export const CHARGE = { amount: 645, currency: 'EUR' } as const;
export const CHECK_LIFETIME_MS = 30 * DAY_MS;

/** Opens it with the demo parties. */
export async function stepOffice(): Promise<StepOffice> {
  const database = await testDatabase();
  const { orm } = database;
  await seedDemo(orm);
  const directory = await mkdtemp(join(tmpdir(), 'steps-keys-'));
  const clock = { now: Date.now() };
  const keyRing = await openKeyRing({ orm, source: { directory } });
  const sealer = createSealer({ orm, masterKey: await loadMasterKey({ directory }) });
  const signing = createCheckSigning({ orm, keyRing, issuer: 'countersign-test', now: () => clock.now });
  const steps = createOrderActivities({
    orm,
    signing,
    sealer,
    clock: () => new Date(clock.now),
    checkLifetimeMs: CHECK_LIFETIME_MS,
  });
  const sql: StepOffice['sql'] = (statement, values = []) => orm.em.fork().execute(statement, [...values]);
  const sealed = (deliverTo: DeliverTo) => sealer.seal('buyer-ada', { ...deliverTo, salt: 'salt' });
  const sealedText = (text: string) => sealer.seal('buyer-ada', text);
  const office = {
    ...database,
    steps,
    signing,
    keyRing,
    sealer,
    sealed,
    sealedText,
    clock,
    sql,
    booksOf: (id: string) => booksOf(sql, id),
  };
  return {
    ...office,
    async order(change = {}) {
      const deliverToSealed = await sealed(ADDRESS);
      return officeOrder(office, { ...inputOf(clock.now), deliverToSealed, ...change });
    },
    async accountOf(id) {
      const [row] = await sql('select balance::float8 as balance, held::float8 as held from accounts where id = ?', [
        id,
      ]);
      return row as { balance: number; held: number };
    },
    async close() {
      await database.close();
      await rm(directory, { recursive: true });
    },
  };
}

function inputOf(now: number): Omit<OrderInput, 'deliverToSealed'> {
  const orderId = parseOrderId(`order-${randomBytes(13).toString('hex')}`);
  if (!orderId) throw new Error('an order id has 26 characters');
  return {
    orderId,
    requestDigest: 'digest',
    buyerId: 'buyer-ada',
    terminalId: 'terminal-ada',
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines: LINES,
    orderDigest: orderDigest({ lines: LINES, deliverTo: ADDRESS, salt: 'salt' }),
    settleOn: 'delivery',
    requestedAt: new Date(now).toISOString(),
  };
}

type Office = Pick<StepOffice, 'steps' | 'clock' | 'booksOf' | 'sql'>;

function officeOrder(office: Office, input: OrderInput): OfficeOrder {
  const { steps } = office;
  const { orderId: id, buyerId, sellerId, distributorId, lines, deliverToSealed, settleOn = 'delivery' } = input;
  const parties = { orderId: id, buyerId, sellerId, lines, paymentAgent: 'auto' as const };
  const priced = lines.map((line) => ({
    ...line,
    name: 'Rye, 1 kg',
    unitPrice: UNIT_PRICE,
    total: { amount: UNIT_PRICE.amount * line.quantity, currency: 'EUR' as const },
  }));
  const charge = { amount: priced.reduce((sum, { total }) => sum + total.amount, 0), currency: 'EUR' as const };
  const check = async () => {
    const [row] = await office.sql('select number, jws from echecks where order_id = ?', [id]);
    return { number: String(row?.number), jws: String(row?.jws) };
  };
  const completion = async (receivedBySealed?: string) => {
    const occurredAt = new Date(office.clock.now).toISOString();
    const confirmation = { eventId: 'e1', kind: 'delivered' as const, occurredAt, receivedBySealed };
    return { orderId: id, sellerId, distributorId, checkNumber: (await check()).number, confirmation };
  };
  const demand = async () => ({ orderId: id, sellerId, buyerId, settleOn, charge, echeck: await check() });
  const order: OfficeOrder = {
    id,
    input,
    issue: () => steps.issueCheck({ ...input, lines: priced, charge }),
    present: async (change = {}) =>
      steps.validateCheck({
        ...parties,
        presentedBy: buyerId,
        echeck: (await check()).jws,
        deliverToSealed,
        attempt: 1,
        sellerAgent: 'manual',
        ...change,
      }),
    accept: () => steps.acceptOrder(parties),
    schedule: (deliverAt) =>
      steps.scheduleDispatch({
        instruction: { orderId: id, sellerId, distributorId, lines, deliverToSealed },
        deliverAt,
      }),
    deliver: async (receivedBySealed) => steps.notifySellerOfCompletion(await completion(receivedBySealed)),
    notifyOffice: async () => steps.notifyOfficeOfCompletion(await completion()),
    settle: async (change = {}) => steps.settlePayment({ ...(await demand()), ...change }),
    finalise: async () => steps.finaliseCheck(await demand()),
    ended: (stage) => ({ order: input, ending: { stage, reason: `to be ${stage}`, actor: 'operator-olga' } }),
    books: () => office.booksOf(id),
    async until(step) {
      const all = ['issue', 'validation', 'acceptance', 'dispatch', 'delivery', 'settlement'] as const;
      const take = {
        issue: () => order.issue(),
        validation: () => order.present(),
        acceptance: () => order.accept(),
        dispatch: () => order.schedule(),
        delivery: async () => {
          await order.deliver();
          await order.notifyOffice();
        },
        settlement: () => order.settle(),
      };
      for (const name of all.slice(0, all.indexOf(step) + 1)) await take[name]();
    },
  };
  return order;
}

async function booksOf(sql: StepOffice['sql'], orderId: string): Promise<Books> {
  const [row] = await sql(
    `select o.stage, o.payment_status as payment, c.status as "check", o.ending->>'stage' as ending,
       array(select kind from transfers t where t.order_id = o.id order by t.id) as transfers,
       array(select type from order_events e where e.order_id = o.id order by e.id) as events
     from orders o left join echecks c on c.order_id = o.id where o.id = ?`,
    [orderId],
  );
  const { stage, payment, check, ending, transfers = [], events = [] } = (row ?? {}) as Partial<Books>;
  return { stage, payment, check: check ?? undefined, ending: ending ?? undefined, transfers, events };
}
