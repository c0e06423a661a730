import type { Answer } from '../api/support.ts';
import { orderFor } from '../support/service.ts';
import { until } from '../support/until.ts';
import { askedGroups, askedLabels, askedMetrics, documentedMetrics } from './files.ts';
import { startProcesses, type Processes } from './processes.ts';

/* What API and worker really show, against the page that lists it, the alerts and the dashboards. */

let service: Processes;
let api: string;
let worker: string;
beforeAll(async () => {
  service = await startProcesses();
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'measured' });
  const shown = (answer: Answer) => JSON.stringify(answer.body);
  await until(
    () => service.ask('GET', `/v1/orders/${body.id}`),
    (answer) => answer.body.stage === 'scheduled',
    {
      seen: shown,
      progress: shown,
    },
  );
  api = await pageOf(`${service.url}/metrics`);
  worker = await pageOf(service.workerMetricsUrl);
});
afterAll(() => service.close());

async function pageOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** The type of each metric of a page. */
function typesOf(page: string): Map<string, string> {
  return new Map([...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
}

/** Node's and Temporal's own are described elsewhere. */
const ours = ([name]: [string, string]) => !/^(process|nodejs|temporal)_/.test(name);

test('docs/observability.md lists every metric that there is, and no other, with its type', () => {
  const live = new Map([...typesOf(api), ...typesOf(worker)].filter(ours));
  expect(Object.fromEntries(documentedMetrics().map(({ name, type }) => [name, type]))).toEqual(
    Object.fromEntries(live),
  );
});

test('its labels are those of the page', () => {
  const documented = new Map(documentedMetrics().map(({ name, labels }) => [name, labels]));
  const seen = [...`${api}\n${worker}`.matchAll(/^([a-z_]+?)(?:_bucket|_sum|_count)?\{([^}]*)\}/gm)];
  const unknown = seen.flatMap(([, name = '', text = '']) => {
    const labels = [...text.matchAll(/(\w+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le');
    const known = documented.get(name);
    return known ? labels.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`) : [];
  });
  expect([...new Set(unknown)]).toEqual([]);
});

test('every metric that a rule or a dashboard asks for is there', () => {
  const live = [...typesOf(api), ...typesOf(worker)].flatMap(([name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  );
  const asked = askedMetrics();
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((name) => !live.includes(name))).toEqual([]);
});

/** Prometheus' own, and the bounds of a histogram. */
const ADDED = ['job', 'instance', 'le'];

test('every label that a rule or a dashboard asks for is one of its metric', () => {
  const documented = new Map(documentedMetrics().map(({ name, labels }) => [name, labels]));
  const asked = [...askedLabels(), ...askedGroups()].filter(({ metric }) => documented.has(metric));
  expect(asked.length).toBeGreaterThan(20);
  const unknown = asked.filter(({ metric, label }) => ![...ADDED, ...(documented.get(metric) ?? [])].includes(label));
  expect(unknown).toEqual([]);
});

/** Values that no figure has while all is well. */
const OF_TROUBLE = ['202', '5..'];

test('every value that a rule or a dashboard asks for is one that is shown', () => {
  const shown = `${api}\n${worker}`;
  const asked = askedLabels().filter(({ label }) => label !== 'job');
  expect(asked.length).toBeGreaterThan(5);
  const missing = asked.flatMap(({ metric, label, values }) =>
    values
      .filter((value) => !OF_TROUBLE.includes(value))
      .filter((value) => !new RegExp(`^${metric}(_bucket|_sum|_count)?\\{[^}]*\\b${label}="${value}"`, 'm').test(shown))
      .map((value) => `${metric}{${label}="${value}"}`),
  );
  expect(missing).toEqual([]);
});

test('what stands is told, what cannot be known is left out, and nobody is named', () => {
  expect(api).toContain('countersign_orders_open{stage="scheduled"} 1\n');
  expect(api).toContain('countersign_orders_open{stage="requested"} 0\n');
  expect(api).toMatch(/^countersign_money_held_minor\{currency="EUR"\} [1-9]\d*$/m);
  expect(api).toMatch(/^countersign_database_pool_max\{pool="requests"\} \d+$/m);
  expect(worker).toMatch(/^countersign_database_pool_max\{pool="steps"\} \d+$/m);
  for (const name of ['buyer-ada', 'seller-mill', 'order-', 'Berlin']) expect(api + worker).not.toContain(name);
});
