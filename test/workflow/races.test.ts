import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderView, Ending } from '../../domain/order.ts';
import { imaginedOrders, type ImaginedOrder, type ImaginedOrders, type Imagining } from './support/imagined-orders.ts';
import type { Steps } from './support/imagined-steps.ts';

/*
 * Every ending, those by the clock as well, against every message at the same moment, on the server that skips time: the workflow
 * ends as its record says, whoever was first there. The real server has the same with a real record (test/e2e/races.test.ts).
 */
let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrders();
});
afterAll(() => imagined.close());

/** What stands on record of one order: the first decision counts. */
class Record {
  ending: Ending | undefined;
  delivered = false;

  steps({ recallOrder: _none, ...good }: Steps): Partial<Steps> {
    return {
      decideEnding: async ({ ending }) => {
        if (this.delivered) return { kind: 'delivered' };
        return { kind: 'decided', ending: (this.ending ??= ending) };
      },
      notifySellerOfCompletion: async () => {
        if (this.ending) return { kind: 'decided', ending: this.ending };
        this.delivered = true;
        return { kind: 'done' };
      },
      closeOrder: async ({ ending }) => ({ kind: 'closed', ending: this.ending ?? ending }),
      recallOrder: async (input) => {
        const issued = await good.issueCheck({ ...input, lines: [], charge: { amount: 1, currency: 'EUR' } });
        if (issued.kind !== 'issued') throw new Error('an imagined check is issued');
        const order: OrderView = { ...issued.order, stage: 'delivered' };
        const agents = { buyer: 'auto', seller: 'auto', distributor: 'auto' } as const;
        return { order, request: null, ending: null, agents, paid: false, paymentIndicated: true, reports: [] };
      },
    };
  }
}

const say = (order: ImaginedOrder, update: string, message: unknown = {}) =>
  order.handle.executeUpdate<unknown, [unknown]>(update, { args: [message] });
const now = async () => new Date(await imagined.nowMs()).toISOString();
const report = async (order: ImaginedOrder, kind: string) =>
  order.handle.signal('distributionEvent', { eventId: kind, kind, occurredAt: await now() });

type Move = (order: ImaginedOrder) => Promise<unknown>;
const MOVES: Readonly<{ [name: string]: Move }> = {
  cancel: (order) => say(order, 'cancel', { reason: 'enough', role: 'operator' }),
  abort: (order) => say(order, 'intervene', { action: 'abort', reason: 'enough' }),
  refuse: (order) => say(order, 'refuse', { reason: 'no stock' }),
  accept: (order) => say(order, 'accept'),
  present: (order) => say(order, 'present', { echeck: 'head.body.signature' }),
  indicatePayment: (order) => say(order, 'indicatePayment'),
  schedule: async (order) =>
    say(order, 'schedule', { deliverAt: new Date((await imagined.nowMs()) + 86_400_000).toISOString() }),
  delivered: async (order) => order.handle.signal('deliveryConfirmed', { eventId: 'proof', deliveredAt: await now() }),
  lost: (order) => report(order, 'lost'),
  picked_up: (order) => report(order, 'picked_up'),
  failed_attempt: (order) => report(order, 'failed_attempt'),
  temporalCancel: (order) => order.handle.cancel(),
  nonsense: (order) => order.handle.signal('nobodyKnowsThis', { a: 1 }),
  // The clock: a check runs out, a payment or a date is not given in time.
  time: () => imagined.sleep('40 days'),
};

const MANUAL = {
  buyer: { manual: ['buyer'] },
  seller: { manual: ['seller'] },
  distributor: { manual: ['distributor'] },
};
const ENDINGS: readonly (readonly [string, string, Imagining])[] = [
  ['cancel', 'scheduled', {}],
  ['abort', 'scheduled', {}],
  ['lost', 'scheduled', {}],
  ['delivered', 'scheduled', {}],
  ['temporalCancel', 'scheduled', {}],
  ['time', 'check_issued', MANUAL.buyer],
  ['refuse', 'presented', MANUAL.seller],
  ['time', 'presented', MANUAL.seller],
  ['time', 'accepted', { input: { payment: 'manual' } }],
  ['time', 'accepted', MANUAL.distributor],
];

/** A message that comes too late is refused, or finds nobody: both are answers. What hangs is none, and fails by the test's own bound. */
async function answered(move: Move, order: ImaginedOrder): Promise<void> {
  await move(order).catch((error: Error) => {
    if (!/WorkflowUpdateFailedError|WorkflowNotFoundError/.test(error.name)) throw error;
  });
}

/** Within so long every order ends, also on a loaded machine. */
const HANGS_MS = 25_000;
const TRIES = 4;

/**
 * Plays one order to its end. When this server skips time while a worker has a workflow task in hand, it may refuse what the worker makes
 * of it ("invalid history builder state for action") and hands out no task any more: the order hangs through no fault of its workflow.
 * The same is then played on another server; what hangs each time fails.
 */
async function ended<Played>(play: () => Promise<Played>): Promise<Played> {
  for (let tries = 1; tries < TRIES; tries += 1) {
    const played = play();
    const winner = await Promise.race([played.then(() => 'played'), sleep(HANGS_MS, 'hangs')]);
    if (winner === 'played') return played;
    played.catch(() => undefined);
    void imagined.close().catch(() => undefined);
    imagined = await imaginedOrders();
  }
  return play();
}

test.each(ENDINGS)('%s of an order that is %s, against every message', async (ending, stage, imagining) => {
  for (const [message, move] of Object.entries(MOVES)) {
    // There is one clock.
    if (ending === 'time' && message === 'time') continue;
    const race = await ended(async () => {
      const record = new Record();
      const order = await imagined.order({ ...imagining, steps: (good) => record.steps(good) });
      await order.until((state) => state.stage === stage && state.waitingOn !== null);
      await Promise.all([answered(MOVES[ending]!, order), answered(move, order)]);
      // Whatever is left of it ends by a last word, or by the clock.
      await answered(MOVES['abort']!, order);
      await answered(MOVES['delivered']!, order);
      return { end: (await order.end()).stage, record, order };
    });
    const { delivered, ending: decided } = race.record;
    expect([ending, message, race.end]).toEqual([ending, message, delivered ? 'completed' : decided?.stage]);
    expect(race.order.taken.includes('closeOrder')).toBe(!delivered);
  }
});
