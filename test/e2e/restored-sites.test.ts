import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { generatePayloadKey } from '../../platform/key-files.ts';
import { payloadsBy } from '../../platform/payloads/data-converter.ts';
import type { RestoreDeps } from '../../restore/index.ts';
import { rewindableBooks } from '../support/rewinding.ts';
import { runFolder } from '../support/run.ts';
import { finalOrder, orderWhen, testService, type TestService } from '../support/service.ts';
import { answeringWith, deciding, honest } from '../support/site-behaviours.ts';
import type { SiteDouble } from '../support/site-double.ts';
import { reportBy, sitePair, siteParty, type SitePair } from '../support/site-parties.ts';
import { until } from '../support/until.ts';
import { compared, restoreDeps, restored } from './restored-deps.ts';
import { balancesOf, bookOf } from './restored-lives.ts';

/* Orders whose parties have servers of their own, with encrypted payloads: the books come back older than Temporal and than what was signed. */

const DOWN = answeringWith({ status: 503 });

let service: TestService;
let books: Awaited<ReturnType<typeof rewindableBooks>>;
let deps: RestoreDeps;
let pair: SitePair;
let slow: SiteDouble;
let ids: Record<'delivered' | 'cancelled' | 'undecided' | 'young' | 'youngDelivered', string>;
let before: { readonly books: unknown[]; readonly balances: unknown[]; readonly signed: unknown[] };

beforeAll(async () => {
  const payloadKeysFile = join(mkdtempSync(join(runFolder(), 'payloads-')), 'payload-keys.json');
  writeFileSync(payloadKeysFile, JSON.stringify({ keys: [generatePayloadKey()] }));
  service = await testService(undefined, { dataConverter: await payloadsBy({ payloadKeysFile }) });
  books = await rewindableBooks(service.database);
  deps = await restoreDeps(service);
  pair = await sitePair(service, 'swift');
  slow = await siteParty(service, 'seller', 'seller-slow', { behaviour: DOWN });
  const [delivered, cancelled, undecided] = [
    await placed('delivered', 'scheduled'),
    await placed('cancelled', 'scheduled'),
    await placed('undecided', 'presented', slow.party),
  ];
  await slow.until(() => slow.triesOf('presentation').length > 0);
  await service.stopWorkers();
  await books.keep();
  await service.startWorker();
  slow.behaviour = deciding();
  await cancel(cancelled);
  await deliver(delivered);
  const [youngDelivered, young] = [await placed('young delivered', 'scheduled'), await placed('young', 'scheduled')];
  await deliver(youngDelivered);
  ids = { delivered, cancelled, undecided, young, youngDelivered };
  await until(signed, (all) => all.some(({ id, said }) => id === undecided && said === 'presentation later'));
  for (const id of [delivered, cancelled, youngDelivered]) await service.client.workflow.getHandle(id).result();
  await service.stopWorkers();
  before = { books: await allBooks(), balances: await balancesOf(service), signed: await signed() };
  await books.rewind();
});
afterAll(async () => {
  await service.close();
  await books.close();
  await pair.close();
  await slow.close();
});

async function placed(key: string, stage: string, sellerId = pair.seller.party): Promise<string> {
  const { status, body } = await until(
    () => service.ask('POST', '/v1/orders', { body: { ...pair.order, sellerId }, key }),
    (answer) => ![202, 503].includes(answer.status),
  );
  expect([status, body.detail]).toEqual([201, undefined]);
  await orderWhen(service, body.id, (order) => order.stage === stage);
  return body.id;
}

async function deliver(id: string): Promise<void> {
  await reportBy(pair.distributor, id, `delivered-${id}`);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
}

async function cancel(id: string): Promise<void> {
  const body = { reason: 'enough' };
  const answer = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body });
  expect([answer.status, answer.body.detail]).toEqual([200, undefined]);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled' });
}

function allBooks(): Promise<unknown[]> {
  return Promise.all(Object.values(ids).map((id) => bookOf(service, id)));
}

/** What the parties have signed, and what of their orders is on record. */
function signed(): Promise<{ id: string; said: string }[]> {
  return service.database.orm.em.fork().execute(
    `select order_id as id, kind || ' ' || coalesce(verdict, 'nothing') as said from party_messages
     union all select order_id, key from order_events where type not like 'attention_%' and type not like 'intervention_%' order by 1, 2`,
  );
}

const forPersons = (all: Awaited<ReturnType<typeof restored>>) =>
  [...all.values()].filter(({ forPerson }) => forPerson !== undefined);

test('histories that cannot be read keep no order back, and change nothing', async () => {
  const { connection, options } = service.client;
  const keyless = new Client({ connection, namespace: options.namespace });
  const all = forPersons(await restored({ ...deps, client: keyless }));
  expect(all.map(({ orderId }) => String(orderId)).toSorted()).toEqual(Object.values(ids).toSorted());
  for (const { rebuilt, forPerson } of all)
    expect({ rebuilt, forPerson }).toEqual({
      rebuilt: [],
      forPerson: expect.stringMatching(/^its history cannot be read: /),
    });
});

/** Visibility names a run that Temporal has lost. */
function listingLost(client: Client): Client {
  const lost = { runId: randomUUID(), startTime: new Date(0), status: { name: 'COMPLETED' } };
  const workflow = Object.assign(Object.create(client.workflow), {
    async *list(options: Parameters<Client['workflow']['list']>[0]) {
      const workflowId = /^WorkflowId = '(.*)'$/.exec(options?.query ?? '')?.[1];
      if (workflowId) yield { workflowId, ...lost };
      yield* client.workflow.list(options);
    },
  });
  return Object.create(client, { workflow: { value: workflow } });
}

test('a server that is away keeps its orders back: they are listed with all that was taken', async () => {
  await pair.seller.goAway();
  const all = forPersons(await restored({ ...deps, client: listingLost(service.client) }));
  await pair.seller.comeBack();
  expect(all.map(({ orderId }) => String(orderId))).toEqual(expect.arrayContaining([ids.young, ids.youngDelivered]));
  for (const { orderId, rebuilt, forPerson } of all) {
    expect(forPerson).toMatch(/^presentToSeller|^\w+: /);
    if (orderId === ids.young) expect(rebuilt).toEqual(expect.arrayContaining(['request', 'issueCheck']));
  }
});

test('once it is back, all of it is signed again and on record: books, money and receipts are as they were', async () => {
  const messages = messagesTo(pair.seller);
  expect(forPersons(await restored(deps))).toEqual([]);
  expect(await allBooks()).toEqual(before.books);
  expect(await balancesOf(service)).toEqual(before.balances);
  expect(await signed()).toEqual(before.signed);
  expect(await compared(service)).toEqual([]);
  // The messages of then, under their ids: none is new.
  expect(messagesTo(pair.seller)).toEqual(messages);
});

function messagesTo({ tries }: SiteDouble): string[] {
  return [...new Set(tries.flatMap(({ claims }) => claims?.jti ?? []))].toSorted();
}

test('then they live to their ends', async () => {
  await service.startWorker();
  await deliver(ids.young);
  await cancel(ids.undecided);
});

test('killed between the end of a workflow and what its parties are told of it, the next try tells them', async () => {
  const id = await placed('untold', 'scheduled');
  pair.seller.behaviour = DOWN;
  pair.distributor.behaviour = DOWN;
  await cancel(id);
  await pair.seller.until(() => pair.seller.triesOf('ended', id).length > 0);
  const handle = service.client.workflow.getHandle(id);
  await handle.terminate('it is cancelled on record');
  pair.seller.behaviour = honest();
  pair.distributor.behaviour = honest();
  expect((await restored(deps, true)).get(id)).toMatchObject({ workflow: 'started' });
  expect((await restored(deps)).get(id)).toMatchObject({ workflow: 'started', stage: 'cancelled' });
  await handle.result();
  expect((await restored(deps)).get(id)?.workflow ?? 'kept').toBe('kept');
});
