import { CompanyCalendar } from '../../../sites/distributing-company/entities/calendar.entity.ts';
import { createOfficeClient } from '../../../sites/distributing-company/office/client.ts';
import { registerTerms } from '../../../sites/distributing-company/office/registration.ts';
import { closeDay, setHour } from '../../../sites/distributing-company/planning/change-calendar.ts';
import { companyUnderTest, type CompanyUnderTest } from '../../support/company.ts';

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
  expect((await calendar()).registrationFault).toContain('no such holidays');
  const page = await (await fetch(under.company.url)).text();
  expect(page).toContain('no such holidays');
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

test('an office that is away is no fault of the calendar, and asked again', async () => {
  await setHour(em(), { weekday: 7, hour: 21, places: 2 });
  const client = createOfficeClient({ ...under.settings, officeUrl: 'http://127.0.0.1:1' });
  expect(await registerTerms(under.company.orm, client)).toBe(false);
  takes();
  expect(await register()).toBe(true);
});
