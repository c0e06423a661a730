import type { CountersignClient } from '../../../client/index.ts';
import { CompanyCalendar } from '../../../sites/distributing-company/entities/calendar.entity.ts';
import { createOfficeClient } from '../../../sites/distributing-company/office/client.ts';
import { registerTerms } from '../../../sites/distributing-company/office/registration.ts';
import { closeDay, setHour } from '../../../sites/distributing-company/planning/change-calendar.ts';
import { companyUnderTest, type CompanyUnderTest } from '../../support/company.ts';
import { until } from '../../support/until.ts';

/* The check office has the terms that the calendar makes: from the start on, and after every change. */

const REGISTRY = 'PATCH /v1/registry/self';
let under: CompanyUnderTest;
beforeAll(async () => {
  under = await companyUnderTest();
});
afterAll(() => under?.close());

const em = () => under.company.orm.em.fork();
const calendar = () => em().findOneOrFail(CompanyCalendar, 1);
const register = () => registerTerms(under.company.orm, createOfficeClient(under.settings));
const said = () => under.office.asked.filter(({ request }) => request === REGISTRY);
const takes = () => under.office.answers.set(REGISTRY, () => ({ status: 200, body: {} }));

test('what the office has against them is shown, and asked again', async () => {
  under.office.answers.set(REGISTRY, () => ({
    status: 422,
    body: { type: '/problems/invalid-request', title: 'Invalid', detail: 'no such holidays' },
  }));
  expect(await register()).toBe(false);
  await until(
    async () => (await fetch(under.company.url)).text(),
    (page) => page.includes('no such holidays'),
  );
  takes();
  expect(await register()).toBe(true);
  expect(await calendar()).toMatchObject({ registrationFault: null, registeredVersion: 1 });
});

test('they are registered once, until the calendar changes', async () => {
  takes();
  await register();
  const before = said().length;
  await register();
  expect(said()).toHaveLength(before);
  await setHour(em(), { weekday: 7, hour: 22, places: 2 });
  await closeDay(em(), '2030-01-02', true);
  await register();
  expect(said().at(-1)?.body).toMatchObject({
    terms: { weekdays: [1, 2, 3, 4, 5, 6, 7], window: { fromHour: 8, toHour: 23 }, maxWeightGrams: 600_000 },
  });
});

test('at a start they are registered again, whatever anybody made of them there', async () => {
  takes();
  await register();
  const before = said().length;
  await under.restart();
  expect(await register()).toBe(true);
  expect(said().length).toBeGreaterThan(before);
});

test.each([
  ['does not answer', () => createOfficeClient({ ...under.settings, officeUrl: 'http://127.0.0.1:1' })],
  ['answers without a word', () => createOfficeClient(under.settings)],
])('an office that is away and %s is asked again', async (_what, client) => {
  // The company asks by the clock, too.
  under.office.isUp = false;
  await setHour(em(), { weekday: 7, hour: 21, places: 2 });
  expect(await registerTerms(under.company.orm, client())).toBe(false);
  await until(async () => (await calendar()).registrationFault?.startsWith('The check office '));
  under.office.isUp = true;
  takes();
  expect(await register()).toBe(true);
});

test('what an attempt says that ends late does not stand against terms that the office has', async () => {
  takes();
  await register();
  under.office.isUp = false;
  await setHour(em(), { weekday: 7, hour: 20, places: 2 });
  const late = async () => {
    under.office.isUp = true;
    await register();
    throw new Error('timed out');
  };
  const client = { PATCH: late } as unknown as CountersignClient;
  expect(await registerTerms(under.company.orm, client)).toBe(false);
  const { version } = await calendar();
  expect(await calendar()).toMatchObject({ registrationFault: null, registeredVersion: version });
});
