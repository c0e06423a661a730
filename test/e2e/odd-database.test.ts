import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { realService, type RealService } from '../support/real-service.ts';
import { orderFor } from '../support/service.ts';
import { until } from '../support/until.ts';

/*
 * A database as `TZ=America/New_York npm start` makes it, or an administrator with a taste of their own: the whole service on it
 * says the same as on any other.
 */
const ODD = {
  timezone: 'America/New_York',
  datestyle: 'SQL, DMY',
  intervalstyle: 'iso_8601',
  default_transaction_isolation: 'serializable',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
  search_path: 'nowhere',
  statement_timeout: '5ms',
};

let service: RealService;
beforeAll(async () => {
  const odd = async (url: string, ownersUrl: string): Promise<string> => {
    const owner = new Client({ connectionString: ownersUrl });
    await owner.connect();
    const name = new URL(url).pathname.slice(1);
    for (const [setting, value] of Object.entries(ODD)) {
      await owner.query(`alter database ${name} set ${setting} = '${value}'`);
    }
    await owner.end();
    return url;
  };
  service = await realService({ apiUrl: odd });
});
afterAll(() => service.close());

test('orders are decided, and every page of every list follows the one before it', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { body } = await service.ask('POST', '/v1/orders', { key: `odd-${count}`, body: orderFor() });
    ids.unshift(body.id);
    const order = await until(
      () => service.ask('GET', `/v1/orders/${body.id}`),
      (answer) => answer.body.stage === 'scheduled',
    );
    expect(order.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    expect(Math.abs(Date.now() - Date.parse(order.body.createdAt))).toBeLessThan(600_000);
  }
  expect(await pages('/v1/orders?limit=1', 'id')).toEqual(ids);
  expect(await pages('/v1/account/entries?limit=2', 'orderId')).toEqual(expect.arrayContaining(ids));
});

async function pages(path: string, member: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await service.ask('GET', `${path}${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    found.push(...body.data.map((item: Record<string, string>) => item[member]));
    cursor = body.nextCursor;
  }
  return found;
}
