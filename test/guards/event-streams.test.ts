import { MAX_STREAMS } from '../../api/events/open-streams.ts';
import { expectProblem, testApi, type TestApi } from '../api/support.ts';
import { until } from '../support/until.ts';

/* How many event streams a party may hold open at once. */

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const ada = { id: 'buyer-ada', role: 'buyer' } as const;

test('a party that holds as many streams as it may gets no other, until one is closed', async () => {
  const { streams } = api.deps.events;
  const leave = Array.from({ length: MAX_STREAMS - 1 }, () => streams.enter(ada, () => undefined));
  const last = await fetch(`${api.url}/v1/events`, {
    headers: { authorization: `Bearer ${await api.issuer.issue(ada)}` },
  });
  expect(last.status).toBe(200);
  const refused = await api.ask('GET', '/v1/events');
  expectProblem(refused, 'too-many-requests');
  expect(refused.headers.get('retry-after')).toBe('60');
  expect(refused.body.detail).toBe('This party holds 1000 streams open: close one first.');
  // Others are not touched by it.
  expect((await api.ask('GET', '/v1/events', { as: 'buyer-bob' })).status).toBe(200);
  expect(streams.count).toBeGreaterThanOrEqual(MAX_STREAMS);

  leave[0]?.();
  // Leaving twice gives one place back.
  leave[0]?.();
  const again = await fetch(`${api.url}/v1/events`, {
    headers: { authorization: `Bearer ${await api.issuer.issue(ada)}` },
  });
  expect(again.status).toBe(200);
  expectProblem(await api.ask('GET', '/v1/events'), 'too-many-requests');

  await Promise.all([last.body?.cancel(), again.body?.cancel()]);
  for (const each of leave) each();
  await until(
    () => streams.count,
    (count) => count === 0,
  );
});
