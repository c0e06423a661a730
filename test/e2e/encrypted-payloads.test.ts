import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { DataConverter, Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { payloadsSchema } from '../../api/codec/payloads.ts';
import { showOrder } from '../../cli/ops/show.ts';
import { generatePayloadKey } from '../../platform/key-files.ts';
import { payloadsBy, plainPayloads } from '../../platform/payloads/data-converter.ts';
import { isEncrypted } from '../../platform/payloads/codec.ts';
import { bundleWorkflows, CLOSED_FAILURES } from '../../workers/workflow-bundle.ts';
import { reportOnceInstructed, testApi, type TestApi } from '../api/support.ts';
import { freePort, run } from '../scripts/support.ts';
import { startIssuer } from '../scripts/token-issuer.ts';
import { runFolder } from '../support/run.ts';
import { finalOrder, orderFor, orderWhen } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startWorker, type RunningWorker } from '../support/worker.ts';

const { History, HistoryEvent } = proto.temporal.api.history.v1;
type IHistory = proto.temporal.api.history.v1.IHistory;

const [key, other] = [generatePayloadKey(), generatePayloadKey()];
/** What must not be found in a history: an address, notes, an amount, what a step failed with. */
const WORDS = ['Quillfeather', 'Ottoline', 'neighbour in the blue house', '8815', 'burnt down'];

let folder: string;
let keysFile: string;
let codePath: string;
let api: TestApi;
let dataConverter: DataConverter;
let worker: RunningWorker | undefined;
let depotStands = false;

beforeAll(async () => {
  folder = mkdtempSync(join(runFolder(), 'payloads-'));
  keysFile = join(folder, 'payload-keys.json');
  codePath = join(folder, 'workflows.cjs');
  writeFileSync(codePath, (await bundleWorkflows(undefined, { closedFailures: true })).code);
  put(keysFile, { ...key, key_ops: ['decrypt'] });
  dataConverter = await payloadsBy({ payloadKeysFile: keysFile });
  api = await testApi(undefined, { dataConverter });
  await begin(dataConverter);
});
afterAll(async () => {
  await worker?.stop();
  await api.close();
});

function put(file: string, ...keys: readonly object[]): void {
  writeFileSync(`${file}.new`, JSON.stringify({ keys }));
  renameSync(`${file}.new`, file);
}

/** The worker of the service, as `workers/main.ts` makes it where payloads are encrypted. One step fails while its depot does not stand. */
async function begin(payloads: DataConverter): Promise<void> {
  const { orm, sealer, clock, signing } = api.deps;
  const deps = { orm, sealer, clock, signing, checkLifetimeMs: 30 * 86_400_000 };
  const withFailures = { ...payloads, failureConverterPath: CLOSED_FAILURES };
  worker = await startWorker(
    api.temporal,
    deps,
    (steps) => ({
      ...steps,
      scheduleDispatch: async (input: Parameters<typeof steps.scheduleDispatch>[0]) => {
        if (depotStands) return steps.scheduleDispatch(input);
        throw new Error('the depot of Quillfeather & Co. has burnt down');
      },
    }),
    { codePath, dataConverter: withFailures },
  );
}

async function end(): Promise<void> {
  await worker?.stop();
  worker = undefined;
}

const deliverTo = {
  name: 'Ottoline Quillfeather',
  street: 'Quillfeather Lane 7',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

async function place(key_: string): Promise<string> {
  const body = orderFor({ deliverTo, lines: [{ sku: 'rye-1kg', quantity: 41 }] });
  const { status, body: order } = await api.ask('POST', '/v1/orders', { body, key: key_ });
  expect([201, 202]).toContain(status);
  return order.id;
}

async function deliver(id: string) {
  const note = 'left with the neighbour in the blue house';
  const occurredAt = new Date().toISOString();
  await reportOnceInstructed(api, id, { eventId: 'e0', kind: 'failed_attempt', occurredAt, note });
  return reportOnceInstructed(api, id, {
    eventId: 'e1',
    kind: 'delivered',
    occurredAt,
    receivedBy: 'the neighbour in the blue house',
    note,
  });
}

/** As the server keeps it: asked for without any codec. */
async function rawHistory(workflowId: string): Promise<IHistory> {
  const { history } = await api.client.workflowService.getWorkflowExecutionHistory({
    namespace: api.temporal.namespace,
    execution: { workflowId },
  });
  return history ?? {};
}

/** Every text and every byte of a history but its search attributes, which must be searched by. */
function seenIn(history: IHistory): string {
  const texts: string[] = [];
  walk(history, (value) => {
    if (typeof value === 'string') texts.push(value);
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('latin1'));
  });
  return texts.join('\n');
}

/** By protobuf's own rules: a class's bookkeeping is no part of a message. */
function walk(value: unknown, visit: (value: unknown, path: string) => void, path = ''): void {
  visit(value, path);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [name, inner] of Object.entries(value))
    if (name !== 'searchAttributes') walk(inner, visit, Array.isArray(value) ? path : `${path}.${name}`);
}

/** Where in a history there are payloads that are not encrypted. */
function readablePlaces({ events }: IHistory): string[] {
  const places = new Set<string>();
  for (const event of events ?? []) {
    walk(HistoryEvent.toObject(HistoryEvent.fromObject(event)), (value, path) => {
      const isPayload = typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value;
      if (isPayload && !isEncrypted(value as Payload)) places.add(path.replace(/^\.\w+EventAttributes/, ''));
    });
  }
  return [...places].toSorted();
}

async function replayFailures(histories: readonly { workflowId: string; history: unknown }[]): Promise<string[]> {
  const failures: string[] = [];
  const options = { workflowBundle: { codePath }, dataConverter };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    if (error) failures.push(`${workflowId}: ${error.message}`);
  return failures;
}

let begunBefore: string;
let begunAfter: string;
let waiting: string;

test('keys that only decrypt change nothing: an order is as readable as ever', async () => {
  begunBefore = await place('before');
  await orderWhen(api, begunBefore, ({ attention }) => attention?.step === 'scheduleDispatch');
  const seen = seenIn(await rawHistory(begunBefore));
  // Addresses are sealed in any case, each for its party: this one is what a step failed with.
  expect(WORDS.filter((word) => seen.includes(word))).toEqual(['Quillfeather', '8815', 'burnt down']);
  expect(readablePlaces(await rawHistory(begunBefore))).toContain('.input.payloads');
});

test('once the keys may encrypt, a new order shows nothing, though a step of it fails', async () => {
  put(keysFile, key);
  begunAfter = await until(
    async () => {
      const id = await place(`after ${Date.now()}`);
      return readablePlaces(await rawHistory(id)).includes('.input.payloads') ? undefined : id;
    },
    { what: 'an order that began encrypted' },
  );
  await orderWhen(api, begunAfter, ({ attention }) => attention?.step === 'scheduleDispatch');
  const kept = await until(
    async () => (await api.client.workflow.getHandle(begunAfter).describe()).raw.pendingActivities?.[0]?.lastFailure,
    { what: 'a failed attempt' },
  );
  expect(kept.message).toBe('Encoded failure');
});

test('operators are shown what a step failed with, and the card', async () => {
  const connections = {
    temporal: { client: api.client, health: api.deps.gateway.health },
    books: api.deps.orm,
    notes: [],
  };
  const said = await until(
    () => showOrder(connections, begunAfter),
    (text) => text.includes('failed last with'),
  );
  expect(said).toContain('failed last with: the depot of Quillfeather & Co. has burnt down');
  expect(said).toContain('waiting on:');
});

test('both orders come to their end, paid and delivered', async () => {
  waiting = await place('waiting');
  depotStands = true;
  for (const id of [begunBefore, begunAfter]) {
    expect((await deliver(id)).status).toBe(202);
    expect(await finalOrder(api, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
    await api.client.workflow.getHandle(id).result();
  }
});

test('nothing is found in the whole history: no address, note, amount or failure', async () => {
  const history = await rawHistory(begunAfter);
  const seen = seenIn(history);
  expect(WORDS.filter((word) => seen.includes(word))).toEqual([]);
  // What Temporal's SDK writes of its own steps, and the id of the request.
  expect(readablePlaces(history)).toEqual([
    '.details.data.payloads',
    '.header.fields.request-id',
    '.memo.fields.requestId',
  ]);
});

test('encrypted, half encrypted and plain histories replay', async () => {
  const kept = fileURLToPath(new URL('../workflow/histories', import.meta.url));
  const plain = readdirSync(kept, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => ({ workflowId: path, history: JSON.parse(readFileSync(join(kept, path), 'utf8')) as unknown }));
  const own = await Promise.all(
    [begunBefore, begunAfter].map(async (workflowId) => ({ workflowId, history: await rawHistory(workflowId) })),
  );
  expect(await replayFailures([...own, ...plain])).toEqual([]);
});

test('an order whose key a worker lacks is not ended: its task fails and says which key, and it goes on once the key is there', async () => {
  await orderWhen(api, waiting, ({ stage }) => stage === 'scheduled');
  await end();
  put(keysFile, key, other);
  const lacking = join(folder, 'lacking.json');
  put(lacking, other);
  await begin(await payloadsBy({ payloadKeysFile: lacking }));
  expect((await deliver(waiting)).status).toBe(202);
  const { health } = api.deps.gateway;
  const failure = await until(() => health.taskFailure(waiting), { what: 'the failed task' });
  expect(failure.message).toContain(`encrypted by the key ${key.kid}, which PAYLOAD_KEYS_FILE`);
  expect(await health.whyStuck(waiting)).toMatch(
    new RegExp(`${key.kid}.*; put PAYLOAD_KEYS_FILE of the workers right: the order goes on by itself$`),
  );
  expect(await health.status(waiting)).toBe('running');

  // Whoever has no key at all still finds the order, and the request that it came from.
  const { connection, options } = api.client;
  const stranger = new Client({ connection, namespace: options.namespace, dataConverter: plainPayloads });
  const found = await until(
    async () => {
      for await (const execution of stranger.workflow.list()) if (execution.workflowId === waiting) return execution;
      return undefined;
    },
    { what: 'the order in the list' },
  );
  expect(found.memo).toEqual({ requestId: expect.any(String) });

  put(lacking, other, key);
  expect(await finalOrder(api, waiting)).toMatchObject({ stage: 'completed' });
});

test('the codec server shows operators a whole history, as the Temporal UI asks for it', async () => {
  const issuer = await startIssuer();
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
  const settings = {
    DATABASE_URL: api.database.serviceUrl,
    DATA_DIR: join(folder, 'data'),
    TEMPORAL_NAMESPACE: api.temporal.namespace,
    PAYLOAD_KEYS_FILE: keysFile,
    CODEC_ADDRESS: `127.0.0.1:${port}`,
    CODEC_ORIGINS: 'https://temporal.example',
    ...issuer.settings,
  };
  const server = run('api/codec/main.ts', settings);
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(`${url}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      ),
    { seen: () => server.output() },
  );
  const payloads: unknown[] = [];
  walk(History.toObject(History.fromObject(await rawHistory(begunAfter)), { bytes: String }), (value) => {
    if (typeof value === 'object' && value !== null && 'metadata' in value) payloads.push(value);
  });
  const answer = await fetch(`${url}/decode?preserveStorageRefs=true`, {
    method: 'POST',
    headers: {
      Origin: 'https://temporal.example',
      'Content-Type': 'application/json',
      'X-Namespace': api.temporal.namespace,
      Authorization: `Bearer ${await issuer.token('operator-olga', 'operator')}`,
    },
    body: JSON.stringify({ payloads }),
  });
  expect(answer.status).toBe(200);
  const decoded = payloadsSchema.parse(await answer.json()).payloads;
  expect(decoded).toHaveLength(payloads.length);
  const seen = decoded.map(({ data }) => Buffer.from(data, 'base64').toString()).join('\n');
  expect(seen).toMatch(/8815[\s\S]*burnt down[\s\S]*neighbour in the blue house/);
  expect(seen).not.toContain('notDecoded');

  server.child.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
  expect(server.output()).not.toMatch(/neighbour|8815|Bearer/);
  issuer.close();
  const { DATABASE_URL } = settings;
  const refused = run('api/codec/main.ts', { DATABASE_URL });
  expect(await refused.ended()).toBe(1);
  expect(refused.output().trim().split('\n')).toEqual(
    ['PAYLOAD_KEYS_FILE', 'CODEC_ORIGINS', 'TOKEN_ISSUER'].map((name) =>
      expect.stringMatching(`^${name} is missing: `),
    ),
  );
});
