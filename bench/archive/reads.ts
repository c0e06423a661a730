import { randomUUID } from 'node:crypto';
import { openStatement } from '../../office/ledger/index.ts';
import type { Stage } from '../../domain/order.ts';
import type { OrderId } from '../../domain/ids.ts';
import { noteEvents, readTimeline } from '../../office/orders/index.ts';
import { createWatermark, readOutbox } from '../../office/outbox/index.ts';
import { type Books, costOf, measurePages, type PageCost } from '../growth/pages.ts';
import { queueDeliveries } from '../../office/webhooks/index.ts';
import { createLogger } from '../../platform/logger.ts';
import { asOwner } from '../testbed/database.ts';
import { sellerId } from '../testbed/parties.ts';

const TIMES = 200;
const DAY_MS = 86_400_000;

/** What the service writes and asks of the database all the time, and what people ask: the pages of `growth`, streams, statements. */
export async function measureReads(testbed: Books): Promise<PageCost[]> {
  const { orm, crowd } = testbed;
  const em = () => orm.em.fork();
  const watermark = createWatermark(orm);
  const { newest } = await watermark.read();
  const [recent, open] = [await someOrders(testbed, 'completed'), await someOrders(testbed, 'requested')];
  const note = (ids: readonly OrderId[], turn: number): Promise<unknown> => {
    const event = { key: randomUUID(), type: 'address_read', actor: 'service', body: {} } as const;
    return noteEvents(em(), at(ids, turn), [event, { ...event, key: randomUUID() }, { ...event, key: randomUUID() }]);
  };
  const reads: Record<string, (turn: number) => Promise<unknown>> = {
    'poll of the outbox, nothing new': async () => {
      await watermark.read();
      return readOutbox(em(), { after: newest, upTo: newest, limit: 100 });
    },
    'a hundred events, the newest': () => readOutbox(em(), { after: newest - 100n, upTo: newest, limit: 100 }),
    'a hundred events, long ago': (turn) => readOutbox(em(), { after: BigInt(turn * 100), upTo: newest, limit: 100 }),
    'three events of an open order, written': (turn) => note(open, turn),
    'three events of an ended order, written': (turn) => note(recent, turn),
    'timeline of a recent order': (turn) => readTimeline(em(), at(recent, turn)),
    "statement of a seller's week": (turn) => {
      const [from, to] = [new Date(Date.now() - 7 * DAY_MS).toISOString(), new Date().toISOString()];
      return openStatement(orm, { accountId: sellerId(turn, crowd), from, to, limit: 100 });
    },
  };
  const costs = await measurePages(testbed, [1]);
  for (const [page, read] of Object.entries(reads)) costs.push(await costOf(testbed, { page, read, times: TIMES }));
  return costs;
}

const READ_SECONDS = 5;

/** Events a second that the one reader for webhooks reads and queues, for one webhook that wants all of them. */
export async function measureReader({ orm, postgres }: Books): Promise<number> {
  await asOwner(postgres.url, async (client) => {
    await client.query(
      `insert into webhooks (id, party_id, role, url, secret_sealed) values ('bench', 'bench', 'operator', 'http://localhost', '')`,
    );
    await client.query('update outbox_readers set place = 0');
  });
  const watermark = createWatermark(orm);
  await watermark.read();
  const logger = createLogger({ name: 'bench', level: 'silent' });
  const begun = performance.now();
  const over = begun + READ_SECONDS * 1000;
  while (performance.now() < over && (await queueDeliveries(orm, watermark, logger)));
  const seconds = (performance.now() - begun) / 1000;
  return asOwner(postgres.url, async (client) => {
    const { rows } = await client.query<{ queued: number }>('select count(*)::int as queued from webhook_deliveries');
    return (rows[0]?.queued ?? 0) / seconds;
  });
}

/** The last hundred at that stage. */
function someOrders({ postgres }: Books, stage: Stage): Promise<OrderId[]> {
  return asOwner(postgres.url, async (client) => {
    const { rows } = await client.query<{ id: OrderId }>(
      'select id from orders where stage = $1 order by created_at desc limit 100',
      [stage],
    );
    return rows.map(({ id }) => id);
  });
}

function at(ids: readonly OrderId[], turn: number): OrderId {
  const id = ids[turn % ids.length];
  if (id === undefined) throw new Error('there is no order at this stage');
  return id;
}
