import { randomUUID } from 'node:crypto';
import { Call } from '../../../sites/distributing-company/entities/call.entity.ts';
import { Job } from '../../../sites/distributing-company/entities/job.entity.ts';
import { Place } from '../../../sites/distributing-company/entities/place.entity.ts';
import { reportJob } from '../../../sites/distributing-company/jobs/report.ts';
import {
  JOB_STATES,
  REPORTS,
  reportsFor,
  stateAfter,
  type Report,
} from '../../../sites/distributing-company/jobs/states.ts';
import { createOfficeClient } from '../../../sites/distributing-company/office/client.ts';
import { makeDueCalls } from '../../../sites/distributing-company/office/outbox.ts';
import { companyUnderTest, type CompanyUnderTest } from '../../support/company.ts';
import { until } from '../../support/until.ts';

/* The driver's reports: what fits the job, and how each reaches the check office once, whatever happens in between. */

let under: CompanyUnderTest;
beforeAll(async () => {
  under = await companyUnderTest();
});
afterAll(() => under?.close());

const em = () => under.company.orm.em.fork();
const jobOf = (orderId: string) => em().findOne(Job, { orderId });
const callsOf = (orderId: string) => em().find(Call, { orderId }, { orderBy: { id: 'asc' } });
const report = (orderId: string, said: Report, more: { receivedBy?: string; note?: string } = {}) =>
  reportJob(em(), { orderId, report: said, ...more }, new Date());

/** The office takes this order's reports, and knows its stage. */
function officeTakes(orderId: string, stage = 'completed'): void {
  under.office.answers.set(eventsOf(orderId), () => ({ status: 202, body: { status: 'accepted' } }));
  under.office.answers.set(`GET /v1/orders/${orderId}`, () => ({ status: 200, body: { id: orderId, stage } }));
}
const eventsOf = (orderId: string) => `POST /v1/orders/${orderId}/distribution-events`;
const saidToOffice = (orderId: string) => under.office.asked.filter(({ request }) => request === eventsOf(orderId));

const untilAllAnswered = (orderId: string) =>
  until(async () => {
    const calls = await callsOf(orderId);
    return calls.length > 0 && calls.every(({ answeredAt }) => answeredAt) && calls;
  });

test('a job goes its way, each report reaches the office, and what became of the order is known', async () => {
  const { orderId } = await under.instruct();
  officeTakes(orderId);
  for (const said of ['picked_up', 'in_transit'] as const)
    expect(await report(orderId, said)).toEqual({ kind: 'reported' });
  await report(orderId, 'delivered', { receivedBy: 'Ada Becker' });
  await untilAllAnswered(orderId);
  expect(saidToOffice(orderId).map(({ body }) => body)).toEqual([
    { eventId: 'picked_up-1', kind: 'picked_up', occurredAt: expect.any(String) },
    { eventId: 'in_transit-1', kind: 'in_transit', occurredAt: expect.any(String) },
    { eventId: 'delivered-1', kind: 'delivered', occurredAt: expect.any(String), receivedBy: 'Ada Becker' },
  ]);
  expect(await jobOf(orderId)).toMatchObject({ state: 'delivered', officeStage: 'completed' });
});

test('an attempt that failed gives the place back; the next one has ids of its own', async () => {
  const { orderId } = await under.instruct();
  officeTakes(orderId);
  await report(orderId, 'picked_up');
  await report(orderId, 'failed_attempt', { note: 'nobody at home' });
  expect(await em().count(Place, { orderId })).toBe(0);
  await under.send('schedule_again', { attempt: 1, failedAt: new Date().toISOString() }, { orderId });
  expect(await em().count(Place, { orderId })).toBe(1);
  await report(orderId, 'in_transit');
  await report(orderId, 'failed_attempt');
  await report(orderId, 'returned');
  const calls = await untilAllAnswered(orderId);
  expect(calls.map(({ key }) => key)).toEqual([
    'picked_up-1',
    'failed_attempt-1',
    'in_transit-2',
    'failed_attempt-2',
    'returned-2',
    'look_up',
  ]);
});

describe('a report', () => {
  test.each(JOB_STATES.flatMap((state) => REPORTS.map((said) => [state, said] as const)))(
    'of a %s job: %s',
    (state, said) => {
      const after = stateAfter(state, said);
      expect(after !== undefined).toBe(reportsFor(state).includes(said));
      // What is over stays over, and nobody goes back.
      if (['refused', 'delivered', 'returned', 'lost', 'cancelled', 'to_plan'].includes(state))
        expect(after).toBeUndefined();
      if (after !== undefined) expect(JOB_STATES.indexOf(after)).toBeGreaterThan(JOB_STATES.indexOf(state));
    },
  );

  test('that does not fit changes nothing', async () => {
    const { orderId } = await under.instruct();
    await under.send('withdrawn', { reason: 'cancelled' }, { orderId });
    expect(await report(orderId, 'delivered')).toMatchObject({ kind: 'does_not_fit' });
    expect(await report('unknown', 'delivered')).toMatchObject({ kind: 'does_not_fit' });
    expect((await callsOf(orderId)).map(({ key }) => key)).toEqual(['look_up']);
  });

  test('given twice at once counts once', async () => {
    const { orderId } = await under.instruct();
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => report(orderId, 'delivered')));
    expect(outcomes.filter(({ kind }) => kind === 'reported')).toHaveLength(1);
    expect((await callsOf(orderId)).filter(({ operation }) => operation === 'report')).toHaveLength(1);
  });
});

describe('the way to the office', () => {
  /** An outbox of our own, at whose clock we turn; by the company's nothing is ever due. */
  async function outbox() {
    const quiet = await companyUnderTest({}, { clock: () => new Date(Date.now() - 60 * 60_000) });
    const client = createOfficeClient(quiet.settings);
    let now = Date.now();
    return {
      quiet,
      pass: (ms: number): Promise<number> => {
        now += ms;
        return makeDueCalls({ orm: quiet.company.orm, client, clock: () => new Date(now) });
      },
    };
  }

  const answers: [string, { status: number; body: unknown }, 'again' | 'done'][] = [
    ['taken', { status: 202, body: { status: 'accepted' } }, 'done'],
    ['an error of the office', { status: 500, body: {} }, 'again'],
    ['too much at once', { status: 429, body: {} }, 'again'],
    ['not an order of ours yet', { status: 404, body: { type: '/problems/not-found' } }, 'again'],
    ['a key that is being replaced', { status: 401, body: {} }, 'again'],
    ['suspended', { status: 409, body: { type: '/problems/party-suspended' } }, 'again'],
    ['the id was another event', { status: 422, body: { type: '/problems/event-id-reused' } }, 'done'],
    ['impossible', { status: 422, body: { type: '/problems/invalid-request' } }, 'done'],
  ];
  test.each(answers)('%s', async (_what, answer, expected) => {
    const { quiet, pass } = await outbox();
    try {
      const { orderId } = await quiet.instruct();
      await reportJob(quiet.company.orm.em, { orderId, report: 'picked_up' }, new Date());
      quiet.office.answers.set(eventsOf(orderId), () => answer);
      await pass(60_000);
      const [call] = await quiet.company.orm.em.fork().find(Call, { orderId });
      expect(call?.answer).toContain(String(answer.status));
      expect(Boolean(call?.answeredAt)).toBe(expected === 'done');
      await pass(60 * 60_000);
      const bodies = quiet.office.asked.filter(({ request }) => request === eventsOf(orderId)).map(({ body }) => body);
      expect(bodies).toHaveLength(expected === 'done' ? 1 : 2);
      // The same event, time and all, on every try.
      expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    } finally {
      await quiet.close();
    }
  });

  test('a name that the office does not take does not keep the delivery from it', async () => {
    const { orderId } = await under.instruct();
    officeTakes(orderId);
    under.office.answers.set(eventsOf(orderId), ({ receivedBy }) =>
      receivedBy === undefined
        ? { status: 202, body: { status: 'accepted' } }
        : { status: 422, body: { type: '/problems/invalid-request' } },
    );
    await report(orderId, 'delivered', { receivedBy: '\u200b' });
    const [call] = await untilAllAnswered(orderId);
    expect(call?.answer).toBe('202');
    expect(saidToOffice(orderId).map(({ body }) => body['eventId'])).toEqual(['delivered-1', 'delivered-1']);
  });

  test('while the office is away nothing is lost, and nothing overtakes', async () => {
    const { orderId } = await under.instruct();
    under.office.isUp = false;
    await report(orderId, 'picked_up');
    await report(orderId, 'delivered');
    await until(async () => (await callsOf(orderId))[0]?.tries);
    await under.restart();
    officeTakes(orderId);
    under.office.isUp = true;
    await untilAllAnswered(orderId);
    expect(saidToOffice(orderId).map(({ body }) => body['kind'])).toEqual(['picked_up', 'delivered']);
  });
});

describe('the demo driver', () => {
  test('drives every job to its door within its time, whatever date it has', async () => {
    await under.restart({ demoDriveSeconds: 1 });
    const orderId = randomUUID();
    officeTakes(orderId);
    await under.instruct({ orderId });
    await until(async () => (await jobOf(orderId))?.state === 'delivered');
    const { plannedAt, endedAt } = (await jobOf(orderId)) ?? {};
    expect(Number(endedAt)).toBeGreaterThanOrEqual(Number(plannedAt) + 750);
    await untilAllAnswered(orderId);
    expect(saidToOffice(orderId).map(({ body }) => [body['kind'], body['receivedBy']])).toEqual([
      ['picked_up', undefined],
      ['in_transit', undefined],
      ['delivered', 'Ada Becker'],
    ]);
  });

  test('goes on after a restart, also to another attempt', async () => {
    await under.restart({ demoDriveSeconds: 0 });
    const { orderId } = await under.instruct();
    officeTakes(orderId);
    await report(orderId, 'picked_up');
    await report(orderId, 'failed_attempt');
    await under.send('schedule_again', { attempt: 1, failedAt: new Date().toISOString() }, { orderId });
    await under.restart({ demoDriveSeconds: 1 });
    await until(async () => (await jobOf(orderId))?.state === 'delivered');
    expect((await callsOf(orderId)).map(({ key }) => key)).toEqual([
      'picked_up-1',
      'failed_attempt-1',
      'in_transit-2',
      'delivered-2',
      'look_up',
    ]);
  });

  test('leaves alone what is withdrawn', async () => {
    await under.restart({ demoDriveSeconds: 0 });
    const { orderId } = await under.instruct();
    officeTakes(orderId, 'cancelled');
    await under.send('withdrawn', { reason: 'cancelled' }, { orderId });
    await under.restart({ demoDriveSeconds: 1 });
    const next = await under.instruct();
    officeTakes(next.orderId);
    await until(async () => (await jobOf(next.orderId))?.state === 'delivered');
    expect(await jobOf(orderId)).toMatchObject({ state: 'cancelled' });
    expect(saidToOffice(orderId)).toEqual([]);
  });
});
