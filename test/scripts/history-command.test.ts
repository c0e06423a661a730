import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { STORY_NAMES } from '../../scripts/history/plan.ts';
import { until } from '../support/until.ts';
import { freePort, instanceSettings, removeInstance, run, untilReady, untilSaid, type Started } from './support.ts';

/* `npm run demo -- --history` beside a real `npm start`. */

type InstanceSettings = Awaited<ReturnType<typeof instanceSettings>>;

let settings: InstanceSettings;
const started: Started[] = [];

beforeAll(async () => {
  settings = await instanceSettings();
  const service = run('scripts/start.ts', { ...settings, LOG_LEVEL: 'info' });
  started.push(service);
  await untilReady(service);
});
afterAll(() => removeInstance(settings.DATA_DIR, started));

async function command(
  main: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; said: string }> {
  const process = run(main, { ...settings, ...env }, args);
  started.push(process);
  return { code: await process.ended(), said: process.output() };
}

const FEW = ['--orders', String(STORY_NAMES.length), '--weeks', '2'];

const history = (args: readonly string[] = [], env: Record<string, string> = {}) =>
  command('scripts/demo.ts', ['--history', ...args], env);

interface Asked {
  readonly method?: string;
  readonly body?: object;
}

/** Throws unless it is answered 200. */
async function ask<Body>(
  party: string,
  path: string,
  schema: z.ZodType<Body>,
  { method = 'GET', body }: Asked = {},
): Promise<Body> {
  const api = `http://127.0.0.1:${settings.PORT}`;
  const { tokens } = tokenList.parse(await (await fetch(`${api}/dev/tokens`)).json());
  const token = tokens.find((one) => one.party === party)?.token;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(api + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect([path, answer.status]).toEqual([path, 200]);
  return schema.parse(await answer.json());
}

const tokenList = z.object({ tokens: z.array(z.object({ party: z.string(), token: z.string() })) });
const ids = z.object({ data: z.array(z.object({ id: z.string() })) });
const orders = z.object({ data: z.array(z.object({ id: z.string(), stage: z.string() })) });

/** How the party is registered from now on. */
async function register(party: string, change: object): Promise<void> {
  const path = `/v1/registry/${party.split('-')[0]}s/${party}`;
  const registered = await ask('operator-olga', path, z.looseObject({ version: z.int() }));
  await ask('operator-olga', path, z.unknown(), {
    method: 'PUT',
    body: { ...registered, version: undefined, ...change },
  });
}

/** The orders that run, whoever they wait for. */
async function runningOrders(): Promise<z.infer<typeof orders>['data']> {
  const { data } = await ask('buyer-ada', '/v1/orders?limit=100', orders);
  return data.filter(({ id }) => RUNNING.includes(id));
}
const RUNNING: readonly string[] = Array.from({ length: 9 }, (_, at) =>
  orderIdFor('buyer-ada', `history-running-${at + 1}`),
);

describe('npm run demo -- --history', () => {
  test.each<[string, readonly string[], () => Promise<Record<string, string>>, string]>([
    ['no weeks', ['--weeks', '0'], async () => ({}), '--weeks'],
    ['too few orders for every ending', ['--orders', '3'], async () => ({}), '--orders'],
    [
      'a database of somebody else',
      [],
      async () => ({ DATABASE_URL: 'postgres://a@127.0.0.1/b' }),
      'embedded database alone',
    ],
    ['nobody there', [], async () => ({ PORT: await freePort() }), 'start one (npm start)'],
    ['another folder', [], async () => ({ DATA_DIR: (await instanceSettings()).DATA_DIR }), 'holds no database'],
  ])('refuses, in words: %s', async (_what, args, env, words) => {
    const { code, said } = await history(args, await env());
    expect([code, said]).toEqual([1, expect.stringContaining(words)]);
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  test.each<[string, string, Record<string, unknown>, string]>([
    ['decides by hand', 'seller-mill', { agent: 'manual' }, 'seller-mill acts by hand'],
    [
      'answers by its own server',
      'distributor-swift',
      { agent: 'site', site: { url: 'https://distributor.invalid' } },
      'distributor-swift acts by its own server',
    ],
    ['is suspended', 'seller-forge', { status: 'suspended' }, 'seller-forge is suspended'],
  ])('adds nothing while a party that it needs %s, and says so in one line', async (_what, party, change, words) => {
    await register(party, change);
    const { code, said } = await history(FEW);
    await register(party, { agent: 'auto', status: 'active' });
    expect([code, said]).toEqual([1, expect.stringContaining(words)]);
    expect(said).toMatch(/^Nothing was added.*"Who decides", "Who plans".*\n$/);
    expect((await ask('operator-olga', '/v1/orders', ids)).data).toEqual([]);
  });

  test('fills weeks, and after a run that broke off makes the orders that run and are missing', async () => {
    const broken = run('scripts/demo.ts', settings, ['--history', ...FEW]);
    started.push(broken);
    await untilSaid(broken, ': its buyer presents the check');
    broken.child.kill('SIGKILL');
    await broken.ended();
    expect(await runningOrders()).not.toHaveLength(RUNNING.length);
    await register('seller-mill', { agent: 'manual' });
    const hindered = await history(FEW);
    await register('seller-mill', { agent: 'auto' });
    expect(hindered).toEqual({
      code: 1,
      said: expect.stringMatching(/^Nothing was added.*seller-mill acts by hand.*\n$/),
    });

    const { code, said } = await history(FEW);
    expect([code, said]).toEqual([0, expect.stringContaining('See it at')]);
    const running = await runningOrders();
    expect(running.map(({ id }) => id).toSorted()).toEqual(RUNNING.toSorted());
    const stages = ['check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution', 'delivered', 'cancelled'];
    expect(new Set(running.map(({ stage }) => stage))).toEqual(new Set(stages));
    // A loaded machine loses attempts: an order may need attention for a moment that needs nobody.
    await until(
      () => ask('operator-olga', '/v1/orders?attention=true', ids),
      ({ data }) => data.length === 2,
    );
    const temporal = { TEMPORAL_ADDRESS: `127.0.0.1:${settings.TEMPORAL_PORT}` };
    const compared = await command('cli/countersign.mjs', ['ops', 'reconcile'], temporal);
    expect([compared.code, compared.said]).toEqual([0, expect.stringContaining('The books agree.')]);
  });

  test('adds nothing the second time, whoever acts by hand and whatever was done with its orders since', async () => {
    await register('seller-mill', { agent: 'manual' });
    const body = { reason: 'Not needed.' };
    await ask('buyer-ada', `/v1/orders/${RUNNING[4]}/cancellation`, z.unknown(), { method: 'POST', body });
    const webhooks = await ask('operator-olga', '/v1/webhooks', ids);
    const { code, said } = await history();
    expect([code, said]).toEqual([0, expect.stringContaining('nothing was added')]);
    expect(await ask('operator-olga', '/v1/webhooks', ids)).toEqual(webhooks);
    expect(webhooks.data).toHaveLength(1);
  });
});
