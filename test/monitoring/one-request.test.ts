import { Worker } from '@temporalio/worker';
import type { Answer } from '../api/support.ts';
import { announced } from '../support/run.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';
import { until } from '../support/until.ts';
import { startProcesses, type Line, type Processes } from './processes.ts';
import { attribute, traceReceiver, type ReceivedSpan, type TraceReceiver } from './trace-receiver.ts';

/*
 * One id finds the whole story of an order: in the log of the API, in that of the worker, and at the parties' own servers. And
 * it is one trace, where tracing is on.
 */

const REQUEST = 'request-of-ada-1';
let traces: TraceReceiver;
let service: Processes;
let pair: SitePair;
let id: string;
let answeredUnder: string | null;
beforeAll(async () => {
  traces = await traceReceiver();
  service = await startProcesses({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, OTEL_BSP_SCHEDULE_DELAY: '200' });
  pair = await sitePair(service, 'seen');
  const placed = await service.ask('POST', '/v1/orders', {
    body: pair.order,
    key: 'seen',
    headers: { 'x-request-id': REQUEST },
  });
  answeredUnder = placed.headers.get('x-request-id');
  id = placed.body.id;
  const stage = () => service.ask('GET', `/v1/orders/${id}`);
  const shown = ({ body }: Answer) => JSON.stringify(body);
  await until(stage, ({ body }) => body.stage === 'scheduled', { seen: shown, progress: shown });
  await reportBy(pair.distributor, id, 'proof');
  await until(stage, ({ body }) => body.stage === 'completed', { seen: shown, progress: shown });
  await until(() => stepsIn(ofRequest()).includes('finaliseCheck'), { seen: () => stepsIn(ofRequest()) });
});
afterAll(async () => {
  await pair.close();
  await service.close();
  await traces.close();
});

/** Of an order between parties with servers of their own: its steps, and what is sent (claims 1 to 12). */
const STEPS = [
  'priceOrder',
  'judgeCredit',
  'verifySellerRegistration',
  'verifyDistributorRegistration',
  'issueCheck',
  'presentToSeller',
  'acceptOrder',
  'notifySellerOfPaymentIndication',
  'instructDistributor',
  'scheduleDispatch',
  'recordCompletion',
  'notifySellerOfCompletion',
  'settlePayment',
  'notifySellerOfPayment',
  'finaliseCheck',
];

const ofRequest = () => service.lines().filter(({ requestId }) => requestId === REQUEST);
const stepsIn = (lines: readonly Line[]) => lines.filter(({ msg }) => msg === 'step done').map(({ step }) => step);

test('the request that placed an order finds the line of the API, each step, each transmission and the completion', () => {
  expect(answeredUnder).toBe(REQUEST);
  const [request] = ofRequest().filter(({ req }) => req);
  expect(request).toMatchObject({ name: 'api', req: { method: 'POST', url: '/v1/orders' }, res: { statusCode: 201 } });
  expect(stepsIn(ofRequest())).toEqual(expect.arrayContaining(STEPS));
  const all = { orderId: id, workflowId: id, requestId: REQUEST };
  expect(ofRequest().filter((line) => line['orderId'] !== id)).toEqual([]);
  expect(ofRequest()).toEqual(ofRequest().map(() => expect.objectContaining(all)));
});

test('every message to a party is sent under that id', () => {
  const tries = [...pair.seller.tries, ...pair.distributor.tries];
  expect(tries.length).toBeGreaterThanOrEqual(5);
  expect(new Set(tries.map(({ headers }) => headers['x-request-id']))).toEqual(new Set([REQUEST]));
});

test('no line of a request or of a step lacks its id, and none that names an order lacks its workflow', () => {
  const lines = service.lines();
  const unnamed = ({ req, step, orderId, requestId }: Line) =>
    requestId === undefined && (req !== undefined || (step !== undefined && orderId !== undefined));
  expect(lines.filter(unnamed)).toEqual([]);
  expect(lines.filter(({ orderId, workflowId }) => orderId !== undefined && workflowId === undefined)).toEqual([]);
});

test('no line holds personal data, a token, an amount or a check', () => {
  const text = JSON.stringify(service.lines());
  for (const secret of ['Hauptstr', 'Berlin', 'eyJ', 'Bearer', 'amount']) expect(text).not.toContain(secret);
});

/** The spans of the trace in which the order was placed. */
async function traceOfOrder(): Promise<ReceivedSpan[]> {
  const ofTrace = () => {
    const root = traces.spans.find((span) => attribute(span, 'countersign.request_id') === REQUEST);
    return traces.spans.filter(({ traceId }) => traceId === root?.traceId);
  };
  const named = (name: string) => ofTrace().some((span) => span.name === name);
  // Batches come in any order.
  const whole = () => [RUN, 'RunActivity:finaliseCheck', PLACED].every(named) && orphans(ofTrace()).length === 1;
  await until(whole, { what: 'the whole trace', seen: () => ofTrace().map(({ name }) => name) });
  return ofTrace();
}

const RUN = 'RunWorkflow:OrderWorkflow';
const PLACED = 'POST /v1/orders';

function orphans(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''));
}

test('one trace leads from the request through the workflow and its steps to the database and the messages', async () => {
  const spans = await traceOfOrder();
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const parentOf = ({ parentSpanId = '' }: ReceivedSpan) => byId.get(parentSpanId)?.name ?? 'none';
  const parentsOf = (wanted: (span: ReceivedSpan) => boolean) => [...new Set(spans.filter(wanted).map(parentOf))];
  expect(orphans(spans).map(({ name, service: process }) => [name, process])).toEqual([[PLACED, 'countersign-api']]);
  const [run] = spans.filter(({ name }) => name === RUN);
  expect(parentOf(run!)).toMatch(/^UpdateWithStartWorkflow:/);
  expect(parentsOf(({ name }) => name === parentOf(run!))).toEqual([PLACED]);
  expect(parentsOf(({ name }) => name.startsWith('RunActivity:'))).toEqual([RUN]);
  const steps = spans.filter(({ name }) => name.startsWith('RunActivity:')).map(({ name }) => name.split(':')[1]);
  expect(steps).toEqual(expect.arrayContaining(STEPS));
  const statements = parentsOf((span) => attribute(span, 'db.system.name') !== undefined);
  expect(statements).toEqual(expect.arrayContaining(['RunActivity:issueCheck', 'RunActivity:settlePayment']));
});

test('each message to a party carries the trace on', async () => {
  const spans = await traceOfOrder();
  const sent = new Map(spans.map(({ traceId, spanId, name }) => [`00-${traceId}-${spanId}-01`, name]));
  for (const { headers } of [...pair.seller.tries, ...pair.distributor.tries])
    expect(sent.get(String(headers['traceparent']))).toBe('POST');
});

test('the history of a traced order replays', async () => {
  const history = await service.historyOf(id);
  const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, id);
  expect(JSON.stringify(history)).toContain('_tracer-data');
});

test('no span holds personal data, a value of a statement, a body, a token or a check', async () => {
  const text = JSON.stringify(await traceOfOrder());
  for (const secret of ['Hauptstr', 'Berlin', 'eyJ', 'Bearer', 'buyer-ada', 'linen-1m', pair.seller.party])
    expect(text).not.toContain(secret);
});
