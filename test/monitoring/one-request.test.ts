import type { Answer } from '../api/support.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';
import { until } from '../support/until.ts';
import { startProcesses, type Line, type Processes } from './processes.ts';

/* One id finds the whole story of an order: in the log of the API, in that of the worker, and at the parties' own servers. */

const REQUEST = 'request-of-ada-1';
let service: Processes;
let pair: SitePair;
let id: string;
let answeredUnder: string | null;
beforeAll(async () => {
  service = await startProcesses();
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
