import { request as httpRequest } from 'node:http';
import { Call } from '../../../sites/distributing-company/entities/call.entity.ts';
import { Job } from '../../../sites/distributing-company/entities/job.entity.ts';
import { Place } from '../../../sites/distributing-company/entities/place.entity.ts';
import { companyUnderTest, type CompanyUnderTest } from '../../support/company.ts';

/* The page of the company's people: what it shows, what it does, and for whom it is not there. */

let under: CompanyUnderTest;
beforeAll(async () => {
  under = await companyUnderTest();
});
afterAll(() => under?.close());

const em = () => under.company.orm.em.fork();
const read = async (path: string) => {
  const response = await fetch(`${under.company.url}${path}`);
  return { status: response.status, text: await response.text() };
};
const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${under.company.url}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
    redirect: 'manual',
  });

test('the plan of the day: each hour, what is free, and its deliveries', async () => {
  const { orderId } = await under.instruct({ weightGrams: 150_000 });
  const { date, hour } = await em().findOneOrFail(
    Place,
    { orderId, number: { $gte: 0 } },
    { orderBy: { number: 'asc' } },
  );
  const { status, text } = await read(`/?date=${date}`);
  expect(status).toBe(200);
  expect(text).toContain('<h1>Plan of ');
  expect(text).toContain(`<th scope="row">${hour}:00</th>`);
  expect(text).toMatch(/<td>[14] of [36]<\/td>/);
  expect(text).toContain(`href="/jobs/${orderId}"`);
  expect((await read('/?date=2027-12-25')).text).toContain('No deliveries on this day.');
  expect((await read('/?date=nonsense')).status).toBe(200);
});

test.each(['/nowhere', '/jobs/order-none'])('%s is a page that says that there is none', async (path) => {
  expect(await read(path)).toEqual({ status: 404, text: expect.stringContaining('There is no such') });
});

test('a job: load, receiver, messages, and the reports that fit as buttons', async () => {
  const { orderId, jws, receipt } = await under.instruct({ quantity: 2 });
  const { text } = await read(`/jobs/${orderId}`);
  for (const part of [
    '2 × Linen',
    'Ada Becker',
    '50667 Köln',
    `${orderId}:instruction: scheduled`,
    'Picked up',
    'Delivered',
    `<code>${jws}</code>`,
    `<code>${receipt}</code>`,
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('>Planned<');
  expect((await post(`/jobs/${orderId}/reports`, { report: 'delivered', receivedBy: 'A neighbour' })).status).toBe(303);
  expect(await em().findOne(Job, { orderId })).toMatchObject({ state: 'delivered' });
  expect((await read(`/jobs/${orderId}`)).text).not.toContain('<button');
  expect((await read('/jobs')).text).toContain(orderId);
  const [call] = await em().find(Call, { orderId, operation: 'report' });
  expect(call?.body).toMatchObject({ receivedBy: 'A neighbour' });
});

test('a delivery without a name is one, too', async () => {
  const { orderId } = await under.instruct();
  expect((await post(`/jobs/${orderId}/reports`, { report: 'delivered', receivedBy: '' })).status).toBe(303);
  const [call] = await em().find(Call, { orderId, operation: 'report' });
  expect(call?.body).not.toHaveProperty('receivedBy');
});

test.each([
  ['a report that does not fit', 409, '/reports', { report: 'picked_up' }],
  ['a report that there is not', 422, '/reports', { report: 'eaten' }],
  ['a date for what is over', 409, '/date', {}],
])('%s: %d, in words', async (_what, status, path, form) => {
  const { orderId } = await under.instruct();
  await under.send('withdrawn', { reason: 'cancelled' }, { orderId });
  const response = await post(`/jobs/${orderId}${path}`, form);
  expect(response.status).toBe(status);
  expect(await response.text()).toContain('role="alert"');
});

test('what comes from outside is escaped', async () => {
  const orderId = 'order-<script>"';
  await under.instruct({ orderId });
  for (const path of ['/jobs', `/jobs/${encodeURIComponent(orderId)}`]) {
    const { status, text } = await read(path);
    expect(status).toBe(200);
    expect(text).not.toContain('<script>');
  }
});

describe('it is there for this machine only', () => {
  const strangers: [string, string, Record<string, string>][] = [
    ['another name that leads here', 'GET', { host: 'company.example' }],
    ["another site's form", 'POST', { origin: 'https://company.example' }],
    ['through a proxy', 'GET', { 'x-forwarded-for': '203.0.113.9' }],
  ];
  test.each(strangers)('%s: not there', async (_who, method, headers) => {
    const { hostname, port } = new URL(under.company.url);
    const status = await new Promise((resolve, reject) => {
      const path = method === 'GET' ? '/' : '/jobs/some/reports';
      httpRequest({ hostname, port, path, method, headers }, (response) => resolve(response.statusCode))
        .once('error', reject)
        .end();
    });
    expect(status).toBe(404);
  });

  test('keys, health and messages are there for everybody', async () => {
    const { hostname, port } = new URL(under.company.url);
    for (const path of ['/.well-known/jwks.json', '/health']) {
      const status = await new Promise((resolve, reject) => {
        httpRequest({ hostname, port, path, headers: { host: 'company.example' } }, (response) =>
          resolve(response.statusCode),
        )
          .once('error', reject)
          .end();
      });
      expect(status).toBe(200);
    }
  });

  test('the keys are public halves', async () => {
    const { keys } = JSON.parse((await read('/.well-known/jwks.json')).text);
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0])).not.toContain('d');
  });
});
