import { randomUUID } from 'node:crypto';
import { freePort } from '../../platform/embedded/ports.ts';
import { taskQueues } from '../../temporal.config.ts';
import { buyerId, DISTRIBUTOR, SKU, sellerId } from '../testbed/parties.ts';
import type { Testbed } from '../testbed/testbed.ts';
import { untilAnswers, untilPolled } from './readiness.ts';
import type { Subject } from './subject.ts';

/** A subject behind the API. */
export interface HttpSubject extends Subject {
  readonly url: string;
  /** Tokens of the buyers, by their places. */
  readonly tokens: readonly string[];
}

/** (b) The textbook's workflow behind the very same API, in a namespace of its own. */
export function startTextbook(testbed: Testbed): Promise<HttpSubject> {
  return startOverHttp(testbed, 'textbook', 'bench/textbook/worker.ts');
}

/** (c) The service itself. */
export function startService(testbed: Testbed, workers = 1): Promise<HttpSubject> {
  return startOverHttp(testbed, 'service', 'workers/main.ts', workers);
}

async function startOverHttp(
  testbed: Testbed,
  name: 'textbook' | 'service',
  workerEntry: string,
  workerCount = 1,
): Promise<HttpSubject> {
  const env = { TEMPORAL_NAMESPACE: name };
  const client = testbed.clientOf(name);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const api = testbed.start(`${name}-api`, 'api/main.ts', { ...env, PORT: String(port) });
  const workers = Array.from({ length: workerCount }, (_, index) =>
    testbed.start(`${name}-worker-${index + 1}`, workerEntry, env),
  );
  await untilAnswers(`${url}/health/ready`, api);
  for (const worker of workers) await untilPolled(client, taskQueues.orders, worker);
  const tokens = await tokensOf(testbed);
  return {
    name,
    client,
    url,
    tokens,
    processes: [{ name: 'api', pid: api.pid }, ...workers.map(({ pid }) => ({ name: 'worker', pid }))],
    request: (place) => placeOrder(url, tokens[place % tokens.length] ?? '', place, testbed),
  };
}

/** Posts an order and returns its id; anything but a check in hand is an error of the measurement. */
async function placeOrder(url: string, token: string, place: number, { crowd }: Testbed): Promise<string> {
  const response = await fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({
      sellerId: sellerId(place, crowd),
      distributorId: DISTRIBUTOR,
      lines: [{ sku: SKU, quantity: 2 }],
      deliverTo: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
    }),
  });
  const order = (await response.json()) as { id: string; echeck?: unknown };
  if (response.status !== 201 || !order.echeck) {
    throw new Error(`POST /v1/orders answered ${response.status}: ${JSON.stringify(order)}`);
  }
  return order.id;
}

function tokensOf({ issuer, crowd }: Testbed): Promise<string[]> {
  const places = Array.from({ length: crowd.buyers }, (_, place) => place);
  return Promise.all(
    places.map((place) =>
      issuer.issue({ id: buyerId(place, crowd), role: 'buyer', terminalId: `terminal-${place}` }, '1 day'),
    ),
  );
}
