import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { startedWith } from '../../api/temporal/started-with.ts';
import { parseOrderId } from '../../domain/ids.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { moveOn, ORDER_WORKFLOW, state } from '../../workflows/messages/definitions.ts';
import { restartOptions } from '../../workflows/messages/start-options.ts';
import type { Answer } from '../api/support.ts';
import type { Rewindable } from '../support/rewinding.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { orderFor, orderWhen, presentationOf, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/* Lives of orders, each with the moment at which the backup was taken, for the tests of what a restore leaves. */

/** One thing that is said to an order, and how the order is when it has taken effect. */
interface Act {
  readonly as: string;
  readonly path: (order: Answer['body']) => string;
  readonly body: (order: Answer['body']) => object;
  readonly isDone: (order: Answer['body']) => boolean;
}

const at = (stage: string) => (order: Answer['body']) => order.stage === stage;
const on = (path: string) => (order: Answer['body']) => `orders/${order.id}/${path}`;
const reported = (kind: string, as: string): Act => ({
  as,
  path: on('distribution-events'),
  body: () => ({ eventId: `${kind}-1`, kind, occurredAt: new Date().toISOString() }),
  isDone: at(kind === 'delivered' ? 'completed' : kind === 'lost' ? 'refunded' : 'in_distribution'),
});
const dated = (as: string, deliverAt: string): Act => ({
  as,
  path: on('schedule'),
  body: () => ({ deliverAt }),
  isDone: ({ distribution }) => distribution?.deliverAt === deliverAt,
});
const acts = {
  present: {
    as: 'buyer-ada',
    path: on('presentation'),
    body: presentationOf,
    isDone: ({ stage }: Answer['body']) => stage !== 'check_issued',
  },
  accept: { as: 'seller-forge', path: on('acceptance'), body: () => ({}), isDone: at('accepted') },
  refuse: { as: 'seller-forge', path: on('refusal'), body: () => ({ reason: 'no nails' }), isDone: at('rejected') },
  pay: { as: 'buyer-ada', path: on('payment-indication'), body: () => ({}), isDone: () => true },
  cancel: { as: 'buyer-ada', path: on('cancellation'), body: () => ({ reason: 'enough' }), isDone: at('cancelled') },
  stop: {
    as: 'buyer-ada',
    path: ({ echeck }: Answer['body']) => `echecks/${echeck.number}/stop`,
    body: () => ({ reason: 'lost' }),
    isDone: at('cancelled'),
  },
} satisfies Record<string, Act>;

const SLOW = 'distributor-slow';
const BY_HAND = {
  sellerId: 'seller-forge',
  distributorId: SLOW,
  lines: [{ sku: 'nails-1kg', quantity: 1 }],
  presentation: 'manual',
  payment: 'manual',
};
const ALL_BY_HAND: readonly Act[] = [
  acts.present,
  acts.accept,
  { ...acts.pay, isDone: ({ stage }) => stage === 'accepted' },
  { ...dated(SLOW, wednesdayNoon()), isDone: at('scheduled') },
  reported('in_transit', SLOW),
  reported('delivered', SLOW),
];

interface Path {
  readonly ordered: Record<string, unknown>;
  /** How it is before anything is said to it. */
  readonly first: string;
  readonly acts: readonly Act[];
}

const PATHS = {
  'by hand': { ordered: BY_HAND, first: 'check_issued', acts: ALL_BY_HAND },
  'by itself': { ordered: {}, first: 'scheduled', acts: [reported('delivered', 'distributor-swift')] },
  'planned again': {
    ordered: {},
    first: 'scheduled',
    acts: [reported('failed_attempt', 'distributor-swift'), dated('distributor-swift', wednesdayNoon(2))],
  },
  'paid at the notice and lost': {
    ordered: { settleOn: 'notice' },
    first: 'scheduled',
    acts: [reported('lost', 'distributor-swift')],
  },
  'paid at the notice': {
    ordered: { settleOn: 'notice', payment: 'manual' },
    first: 'accepted',
    acts: [{ ...acts.pay, isDone: at('scheduled') }, reported('delivered', 'distributor-swift')],
  },
  cancelled: { ordered: {}, first: 'scheduled', acts: [acts.cancel] },
  stopped: { ordered: BY_HAND, first: 'check_issued', acts: [acts.stop] },
  refused: { ordered: BY_HAND, first: 'check_issued', acts: [acts.present, acts.refuse] },
  declined: {
    ordered: { sellerId: 'seller-forge', lines: [{ sku: 'hinge-pair', quantity: 260 }] },
    first: 'declined',
    acts: [],
  },
} satisfies Record<string, Path>;

/** An order of a path: how much was said to it when the backup was taken (-1: it was not there), and at the disaster. */
export interface Life {
  readonly path: keyof typeof PATHS;
  readonly kept: number;
  readonly lived: number;
  /**
   * What else became of its workflow. `recalled`: it began again from the record, as when its first attempt was lost, so that its history holds
   * nothing of what was before; `recalled at its end`: once it had ended. `moved on`: it went on in a new run once it waited. `reset`: it was reset before the disaster.
   */
  readonly workflow?: 'recalled' | 'recalled at its end' | 'moved on' | 'reset';
}

const life = (path: Life['path'], kept: number, lived: number): Life => ({ path, kept, lived });
const each = (count: number, make: (index: number) => Life): Life[] =>
  Array.from({ length: count }, (_, at_) => make(at_));

/** Every stage and ending that is new since the backup; every one that has moved on since; and some that stand as they stood. */
export const LIVES: readonly Life[] = [
  ...each(7, (lived) => life('by hand', -1, lived)),
  ...each(6, (kept) => life('by hand', kept, kept + 1)),
  life('by hand', 0, 6),
  life('by hand', 3, 6),
  ...each(2, (lived) => life('by itself', -1, lived)),
  ...(['planned again', 'paid at the notice'] as const).flatMap((path) => [
    life(path, -1, 2),
    life(path, 0, 1),
    life(path, 1, 2),
  ]),
  ...(['paid at the notice and lost', 'cancelled', 'stopped'] as const).flatMap((path) => [
    life(path, -1, 1),
    life(path, 0, 1),
  ]),
  { ...life('by itself', -1, 1), workflow: 'recalled' },
  { ...life('paid at the notice', -1, 1), workflow: 'recalled' },
  { ...life('by hand', -1, 6), workflow: 'recalled at its end' },
  { ...life('by itself', 0, 1), workflow: 'recalled at its end' },
  { ...life('by hand', -1, 4), workflow: 'moved on' },
  { ...life('by hand', 1, 2), workflow: 'moved on' },
  { ...life('by hand', -1, 4), workflow: 'reset' },
  { ...life('by hand', 2, 3), workflow: 'reset' },
  life('refused', -1, 2),
  life('refused', 1, 2),
  life('declined', -1, 0),
  life('by hand', 3, 3),
  life('by itself', 1, 1),
];

export const nameOf = ({ path, kept, lived, workflow }: Life): string =>
  [path, `${kept} > ${lived}`, ...(workflow ? [workflow] : [])].join(', ');

/** An order that lives. */
export interface Living {
  readonly life: Life;
  readonly id: string;
  /** The very request that placed it. */
  readonly request: { readonly body: Record<string, unknown>; readonly key: string };
}

/** Registers who takes part. */
async function registerParties(service: TestService): Promise<void> {
  const put = (path: string, body: object) =>
    service.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body: { name: path, ...body } });
  await put('sellers/seller-forge', { agent: 'manual' });
  await put(`distributors/${SLOW}`, { agent: 'manual', terms: DEMO_DISTRIBUTOR.terms });
}

/** So many orders are under way at once. */
const AT_ONCE = 4;

/** What there was before the disaster. */
export interface Before {
  readonly living: readonly Living[];
  readonly books: ReadonlyMap<string, unknown>;
  readonly balances: readonly unknown[];
}

/** Lives all orders to the disaster: what is `rewound` is kept on the way, and put back then. No worker is left. */
export async function liveUntilRestored(service: TestService, rewound: Rewindable): Promise<Before> {
  await registerParties(service);
  const old = await beginAll(
    service,
    LIVES.filter(({ kept }) => kept >= 0),
  );
  await inTurns(old, (one) => goOn(service, one, 0, one.life.kept));
  await service.stopWorkers();
  await rewound.keep();
  await service.startWorker();
  const young = await beginAll(
    service,
    LIVES.filter(({ kept }) => kept < 0),
  );
  const living = [...old, ...young];
  await inTurns(living, (one) => goOn(service, one, one.life.kept, one.life.lived));
  await inTurns(
    living.filter(({ life: { workflow } }) => workflow === 'reset'),
    (one) => reset(service, one),
  );
  await inTurns(
    living.filter(({ life: { workflow } }) => workflow === 'recalled at its end'),
    (one) => endAgain(service, one),
  );
  await service.stopWorkers();
  const before = { living, books: await booksOf(service, living), balances: await balancesOf(service) };
  await rewound.rewind();
  return before;
}

/** What the books say of each, by its name. */
export async function booksOf(service: TestService, living: readonly Living[]): Promise<ReadonlyMap<string, unknown>> {
  const entries = living.map(async ({ life: lived, id }) => [nameOf(lived), await bookOf(service, id)] as const);
  return new Map(await Promise.all(entries));
}

async function beginAll(service: TestService, lives: readonly Life[]): Promise<Living[]> {
  const living: Living[] = [];
  await inTurns(lives, async (one) => void living.push(await begin(service, one)));
  return living;
}

/** Does it for all of them, a few at once. */
export async function inTurns<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  const left = [...all];
  const take = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
}

/** Places the order of a life. */
async function begin(service: TestService, lived: Life): Promise<Living> {
  const { ordered, first } = PATHS[lived.path] as Path;
  const request = { body: orderFor(ordered), key: nameOf(lived) };
  const { status, body } = await answered(service, request);
  const id: string = body.id ?? body.orderId;
  expect([nameOf(lived), status]).toEqual([nameOf(lived), first === 'declined' ? 402 : 201]);
  await orderWhen(service, id, at(first));
  const living = { life: lived, id, request };
  if (lived.workflow === 'recalled') await beginAgain(service, living);
  if (lived.workflow === 'moved on') await goOnAsNew(service, living);
  return living;
}

/** As when its build is to be drained. */
function goOnAsNew({ client }: TestService, { id }: Living): Promise<void> {
  const handle = client.workflow.getHandle(id);
  return inAnotherRun(handle, () => handle.signal(moveOn));
}

/** As an operator resets a workflow: to its last task, and what came since comes again. */
async function reset({ client }: TestService, { id }: Living): Promise<void> {
  const handle = client.workflow.getHandle(id);
  const { events } = await handle.fetchHistory();
  const last = events?.findLast((event) => event.workflowTaskCompletedEventAttributes);
  await inAnotherRun(handle, () =>
    client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: id },
      reason: 'to try',
      workflowTaskFinishEventId: last?.eventId,
      requestId: randomUUID(),
    }),
  );
}

async function inAnotherRun(handle: WorkflowHandle, make: () => Promise<unknown>): Promise<void> {
  const former = (await handle.describe()).runId;
  await make();
  await until(
    () => handle.describe(),
    ({ runId }) => runId !== former,
  );
  await until(
    () => handle.query(state),
    ({ waitingOn }) => waitingOn !== null,
  );
}

/** Its workflow runs once more to the end that it finds on record, as when the tasks that came to it were lost. */
async function endAgain(service: TestService, { id }: Living): Promise<void> {
  const input = await startedWith(service.client, parseOrderId(id)!);
  await forget(service, id);
  const handle = await service.client.workflow.start(ORDER_WORKFLOW, restartOptions(input, 'its tasks were lost'));
  await handle.result();
}

async function forget({ client, deps }: TestService, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await until(async () => (await deps.gateway.health.work(workflowId)) === undefined);
}

/** Temporal forgets the order's workflow, and the repeated request starts it again. */
async function beginAgain(service: TestService, living: Living): Promise<void> {
  const { client } = service;
  await forget(service, living.id);
  await repeatedRequest(service, living);
  const query = () => client.workflow.getHandle(living.id).query(state);
  await until(query, ({ waitingOn }) => waitingOn !== null);
}

/** The request that placed an order, once more. */
export function repeatedRequest(service: TestService, { request }: Living): Promise<Answer> {
  return answered(service, request);
}

/** While nobody can answer it, as where the database was just cut off, or has decided it, it is to be repeated. */
function answered(service: TestService, request: Living['request']): Promise<Answer> {
  return until(
    () => service.ask('POST', '/v1/orders', request),
    ({ status }) => status !== 503 && status !== 202,
    { what: `an answer to ${request.key}`, seen: ({ status, body }) => [status, body] },
  );
}

/** Says to an order what its life has, from one place to another. */
export async function goOn(service: TestService, { life: lived, id }: Living, from: number, to: number): Promise<void> {
  const slow = await service.issuer.issue({ id: SLOW, role: 'distributor' });
  for (const act of (PATHS[lived.path] as Path).acts.slice(Math.max(0, from), to)) {
    const order = (await service.ask('GET', `/v1/orders/${id}`)).body;
    const as = act.as === SLOW ? slow : act.as;
    // A distributor has no such order before its instruction, and a workflow may be busy for a moment.
    const answer = await until(
      () => service.ask('POST', `/v1/${act.path(order)}`, { as, body: act.body(order) }),
      ({ status }) => ![404, 409, 503].includes(status),
      { what: `${nameOf(lived)}: ${act.path(order)}`, seen: ({ status, body }) => [status, body] },
    );
    expect([nameOf(lived), act.path(order), answer.status < 300, answer.body.detail]).toEqual([
      nameOf(lived),
      act.path(order),
      true,
      undefined,
    ]);
    await orderWhen(service, id, act.isDone);
  }
}

/** How many acts a life has in all. */
export const wholeLife = ({ path }: Life): number => PATHS[path].acts.length;

/** What the books say of an order and its money, without the moments of its records. */
export async function bookOf(service: TestService, id: string): Promise<unknown> {
  const { body, status } = await service.ask('GET', `/v1/orders/${id}`);
  if (status !== 200) return status;
  const { updatedAt: _, attention: __, ...order } = body;
  return order;
}

/** Balances and holds of everybody, by account. */
export function balancesOf(service: TestService): Promise<unknown[]> {
  return service.database.orm.em
    .fork()
    .execute('select id, balance, held from account_balances where balance <> 0 or held <> 0 order by id');
}
