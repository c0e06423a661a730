import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Call } from '../../../sites/distributing-company/entities/call.entity.ts';
import { Job } from '../../../sites/distributing-company/entities/job.entity.ts';
import { Place } from '../../../sites/distributing-company/entities/place.entity.ts';
import { WeeklyHour } from '../../../sites/distributing-company/entities/weekly-hour.entity.ts';
import { reportJob } from '../../../sites/distributing-company/jobs/report.ts';
import { changeRules, closeDay, setHour } from '../../../sites/distributing-company/planning/change-calendar.ts';
import { readCalendar } from '../../../sites/distributing-company/planning/read-calendar.ts';
import { placesFor } from '../../../sites/distributing-company/planning/consignment.ts';
import { serviceDayOf } from '../../../sites/distributing-company/planning/service-days.ts';
import { companyUnderTest, type CompanyUnderTest } from '../../support/company.ts';
import { patientPool } from '../../support/site-database.ts';

/* No hour ever has more deliveries than places, and every delivery has its own, whatever comes at once. */

const START = new Date();
let under: CompanyUnderTest;
beforeAll(async () => {
  // Its clock stands still: with the time the next free place moves.
  under = await companyUnderTest({}, { clock: () => START });
  await patientPool(under.company.orm);
});
afterAll(() => under?.close());

const em = () => under.company.orm.em.fork();

/** What must hold of places and jobs at every moment. */
async function expectPlacesKept(): Promise<void> {
  const [places, jobs, calendar] = [await em().findAll(Place), await em().findAll(Job), await readCalendar(em())];
  const reports = new Set((await em().findAll(Call)).map(({ orderId, key }) => `${orderId} ${key}`));
  for (const { date, hour, number } of places) {
    const capacity = serviceDayOf(date, calendar)?.hours.find((one) => one.hour === hour)?.places ?? 0;
    expect({ date, hour, number, isThere: number < capacity }).toMatchObject({ isThere: true });
  }
  const taken = Map.groupBy(places, ({ orderId }) => orderId);
  for (const { orderId, state, weightGrams, attempt } of jobs) {
    const own = taken.get(orderId) ?? [];
    // A failed attempt gave the place back, also where the goods are taken afterwards without a new date.
    const gaveBack = reports.has(`${orderId} failed_attempt-${attempt}`);
    const keeps = ['planned', 'picked_up', 'in_transit', 'delivered'].includes(state) && !gaveBack;
    expect({ state, places: own.length }).toEqual({ state, places: keeps ? placesFor(weightGrams, calendar) : 0 });
    expect(new Set(own.map(({ date, hour }) => `${date} ${hour}`)).size).toBeLessThanOrEqual(1);
  }
  const times = jobs.filter(({ orderId }) => taken.has(orderId)).map(({ deliverAt }) => deliverAt?.toISOString());
  expect(new Set(times).size).toBe(times.length);
}

test('40 instructions at once: every hour is filled, none beyond its places', async () => {
  const sent = await Promise.all(Array.from({ length: 40 }, () => under.instruct()));
  expect(sent.map(({ verdict }) => verdict)).toEqual(sent.map(() => 'scheduled'));
  expect(await em().count(Place)).toBe(40);
  await expectPlacesKept();
  // They stand side by side: only the first hour, and the last, may have gaps.
  const calendar = await readCalendar(em());
  const byHour = Map.groupBy(await em().findAll(Place), ({ date, hour }) => `${date} ${hour}`);
  const narrow = [...byHour.values()].filter(([{ date, hour } = { date: '', hour: 0 }, ...others]) => {
    const places = serviceDayOf(date, calendar)?.hours.find((one) => one.hour === hour)?.places;
    return others.length + 1 !== places;
  });
  expect(narrow.length).toBeLessThanOrEqual(2);
});

test('a full hour moves on to the next, a place that was given back is taken again', async () => {
  const [first] = await em().find(Place, {}, { orderBy: { date: 'asc', hour: 'asc', number: 'asc' }, limit: 1 });
  await under.send('withdrawn', { reason: 'cancelled' }, { orderId: first?.orderId ?? '' });
  const { orderId } = await under.instruct();
  const { date, hour, number } = await em().findOneOrFail(Place, { orderId });
  expect({ date, hour, number }).toEqual({ date: first?.date, hour: first?.hour, number: first?.number });
});

test('whatever comes, in whatever order, repeated, and at once', async () => {
  const step = fc.record({
    what: fc.constantFrom('instruct', 'again', 'withdraw', 'failed', 'schedule_again', 'delivered'),
    which: fc.nat(5),
    weightGrams: fc.constantFrom(1_000, 150_000, 320_000, 590_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 5 }), async (rounds) => {
      const orders = Array.from({ length: 6 }, () => randomUUID());
      const now = new Date().toISOString();
      for (const round of rounds) {
        await Promise.all(
          round.map(({ what, which, weightGrams }, index) => {
            const orderId = orders[which] ?? '';
            switch (what) {
              case 'instruct':
              case 'again':
                return under.instruct({ orderId, weightGrams });
              case 'withdraw':
                return under.send('withdrawn', { reason: 'cancelled' }, { orderId });
              case 'schedule_again':
                return under.send(
                  'schedule_again',
                  { attempt: index, failedAt: now },
                  { orderId, id: `${orderId}:schedule_again:${index}` },
                );
              case 'failed':
              case 'delivered':
                return reportJob(
                  em(),
                  { orderId, report: what === 'failed' ? 'failed_attempt' : 'delivered' },
                  new Date(),
                );
            }
          }),
        );
        await expectPlacesKept();
      }
    }),
    { numRuns: 12 },
  );
});

describe('the calendar changes', () => {
  test('a day that is closed, an hour that is narrower: nothing more is planned there', async () => {
    const planned = await em().findOneOrFail(Place, { number: 0 }, { orderBy: { date: 'asc' } });
    await closeDay(em(), planned.date, true);
    const { orderId } = await under.instruct();
    expect((await em().findOneOrFail(Place, { orderId })).date).not.toBe(planned.date);
    // What has its date keeps it.
    expect(await em().count(Place, { date: planned.date })).toBeGreaterThan(0);
    await closeDay(em(), planned.date, false);
  });

  test('by several at once: each change counts', async () => {
    const before = (await em().findOneOrFail(WeeklyHour, { weekday: 2, hour: 9 })).places;
    expect(before).toBe(6);
    await Promise.all([
      setHour(em(), { weekday: 2, hour: 9, places: 12 }),
      setHour(em(), { weekday: 2, hour: 20, places: 4 }),
      changeRules(em(), { holidayRegion: 'BY', homeHours: 12 }),
    ]);
    const calendar = await readCalendar(em());
    expect(calendar).toMatchObject({ holidays: { country: 'DE', region: 'BY' }, leadHours: { home: 12 } });
    expect(calendar.hours).toEqual(
      expect.arrayContaining([
        { weekday: 2, hour: 9, places: 12 },
        { weekday: 2, hour: 20, places: 4 },
      ]),
    );
  });

  test.each([
    ['a time zone that is none', { timeZone: 'Berlin' }],
    ['holidays that nobody knows', { holidayCountry: 'DE', holidayRegion: 'XX' }],
  ])('%s is refused, and nothing changed', async (_what, rules) => {
    const before = await readCalendar(em());
    await expect(changeRules(em(), rules)).rejects.toThrow(RangeError);
    expect(await readCalendar(em())).toEqual(before);
  });
});

test('nothing free as far as anybody plans: no_capacity', async () => {
  const narrow = await companyUnderTest();
  try {
    const db = narrow.company.orm.em.fork();
    const hours = await db.find(WeeklyHour, {});
    for (const { weekday, hour } of hours.slice(1)) await setHour(db.fork(), { weekday, hour, places: 0 });
    const { weekday = 1, hour = 8 } = hours[0] ?? {};
    await expect(setHour(db.fork(), { weekday, hour, places: 0 })).rejects.toThrow(RangeError);
    await setHour(db.fork(), { weekday, hour, places: 1 });
    const verdicts: string[] = [];
    for (let order = 0; order < 12; order += 1) verdicts.push((await narrow.instruct({ weightGrams: 90_000 })).verdict);
    expect(verdicts.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => 'scheduled'));
    expect(verdicts.at(-1)).toBe('refused');
    expect(await db.count(Job, { refusal: 'no_capacity' })).toBeGreaterThan(0);
  } finally {
    await narrow.close();
  }
});
