import { jest } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { reportOnceInstructed } from '../api/support.ts';
import { finalOrder, orderFor, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { closedHistoryOf, historyOf, temporalClient, type OrderHistory } from './support/histories.ts';

let service: TestService;
let temporal: Client;
beforeAll(async () => {
  service = await testService();
  temporal = await temporalClient(service.temporal);
});
afterAll(async () => {
  await temporal.connection.close();
  await service.close();
});

/** A loaded machine loses attempts and workflow tasks: then another order, of ten at most. */
async function healthyOrder(change: Record<string, unknown>): Promise<OrderHistory> {
  for (let tries = 1; ; tries += 1) {
    const history = await historyOfOrder(change, `${JSON.stringify(change)} ${tries}`);
    if (nothingLost(history) || tries === 10) return history;
  }
}

const LOST = /^(ACTIVITY_TASK_SCHEDULED|WORKFLOW_TASK_(TIMED_OUT|FAILED))$/;

function nothingLost({ events, workflowTasks }: OrderHistory): boolean {
  return workflowTasks <= 4 && !events.some((event) => LOST.test(event));
}

/** One POST, one confirmation, and the history that the server then keeps. */
async function historyOfOrder(change: Record<string, unknown>, key: string): Promise<OrderHistory> {
  const posted = await service.ask('POST', '/v1/orders', { body: orderFor(change), key });
  expect(posted.status).toBe(201);
  const { id } = posted.body;
  const proof = { eventId: 'e1', kind: 'delivered', occurredAt: new Date().toISOString(), receivedBy: 'Ada Becker' };
  await reportOnceInstructed(service, id, proof);
  const order = await finalOrder(service, id);
  expect(order).toMatchObject({ stage: 'completed', payment: { status: 'settled' }, echeck: { status: 'final' } });
  return closedHistoryOf(temporal, id);
}

describe.each(['delivery', 'notice'])('a healthy order that settles on %s', (settleOn) => {
  let history: OrderHistory;
  beforeAll(async () => {
    history = await healthyOrder({ settleOn });
  });

  test('takes at most 4 workflow tasks, 40 events and 16 KB of history', () => {
    expect(history.workflowTasks).toBeLessThanOrEqual(4);
    expect(history.events.length).toBeLessThanOrEqual(40);
    expect(history.bytes).toBeLessThanOrEqual(16 * 1024);
  });

  test('schedules no activity: every step is taken beside the workflow', () => {
    expect(history.events).not.toContain('ACTIVITY_TASK_SCHEDULED');
    expect(history.events.filter((name) => name === 'MARKER_RECORDED').length).toBeGreaterThanOrEqual(10);
  });

  test('holds nothing personal in plain text', () => {
    const payloads = [...history.json.matchAll(/"data": "([^"]+)"/g)].map(([, data]) =>
      Buffer.from(data!, 'base64').toString(),
    );
    expect(payloads.some((payload) => payload.includes('deliverToSealed'))).toBe(true);
    for (const secret of ['Hauptstr', '10115', 'Ada Becker']) expect(payloads.join('\n')).not.toContain(secret);
  });
});

/** The order waits for its delivery, and nothing of it is at work: no workflow task, and no activity beside it. */
function isAtRest({ events }: OrderHistory): boolean {
  const times = (name: string) => events.filter((event) => event === name).length;
  return (
    times('TIMER_STARTED') > 0 &&
    !/^WORKFLOW_TASK_(SCHEDULED|STARTED)$/.test(events.at(-1) ?? '') &&
    times('ACTIVITY_TASK_SCHEDULED') === times('ACTIVITY_TASK_COMPLETED')
  );
}

test('reading an order, its timeline and its money costs Temporal nothing', async () => {
  const posted = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'read' });
  const { id } = posted.body;
  const before = await until(() => historyOf(temporal, id), isAtRest);
  const calls = jest.fn();
  const gateway = service.deps.gateway as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, method] of Object.entries(gateway)) {
    gateway[name] = (...args) => {
      calls(name);
      return method(...args);
    };
  }
  for (const path of ['', '/timeline', '/money']) {
    expect((await service.ask('GET', `/v1/orders/${id}${path}`)).status).toBe(200);
  }
  expect((await service.ask('GET', '/v1/orders')).status).toBe(200);
  expect(calls).not.toHaveBeenCalled();
  expect((await historyOf(temporal, id)).events).toEqual(before.events);
});
