import { DateTime } from 'luxon';
import {
  judgeDate,
  planDispatch,
  replanDispatch,
  type Consignment,
  type DistributorTerms,
  type Parcel,
  type Place,
} from '../../domain/dispatch.ts';

const TERMS: DistributorTerms = {
  countries: ['DE', 'FR', 'GB'],
  timeZone: 'Europe/Berlin',
  weekdays: [1, 2, 3, 4, 5],
  window: { fromHour: 8, toHour: 18 },
  maxWeightGrams: 100_000,
};
const RYE: Parcel = { sku: 'rye-1kg', quantity: 3, weightGrams: 1_000, handlingHours: 2 };
const ANVIL: Parcel = { sku: 'anvil-50kg', quantity: 1, weightGrams: 50_000, handlingHours: 48 };
const BERLIN = { street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
const MONDAY = '2026-11-23T07:00:00Z';

interface Wanted {
  readonly parcels?: readonly Parcel[];
  readonly place?: Place;
  readonly terms?: Partial<DistributorTerms>;
  /** RFC 3339: when it was ordered, which is also now. */
  readonly at?: string;
}

function consignment({ parcels = [RYE], place = BERLIN, terms = {}, at = MONDAY }: Wanted): Consignment {
  return { parcels, place, terms: { ...TERMS, ...terms }, orderedAt: new Date(at) };
}

function plan(wanted: Wanted = {}) {
  return planDispatch(consignment(wanted), new Date(wanted.at ?? MONDAY));
}

/** The slot, by the distributor's clock. */
function slot(wanted: Wanted = {}): DateTime {
  const planned = plan(wanted);
  if (planned.kind === 'impossible') throw new Error(planned.reason);
  return DateTime.fromJSDate(planned.deliverAt, { zone: wanted.terms?.timeZone ?? TERMS.timeZone });
}

const dayOf = (wanted: Wanted) => slot(wanted).toISODate();
/** Goods of so many hours of handling. */
const ready = (handlingHours: number): readonly Parcel[] => [{ ...RYE, handlingHours }];

describe('date and time follow from commodities and address (claim 11)', () => {
  test('the same goods to the same address get the same slot', () => {
    expect(slot({ parcels: [{ ...RYE }], place: { ...BERLIN } })).toEqual(slot());
    expect(slot({ parcels: [ANVIL, RYE] })).toEqual(slot({ parcels: [RYE, ANVIL] }));
  });

  test('who receives them changes nothing', () => {
    const receivers = ['Ada', 'Bob', ''].map((name) => ({ ...BERLIN, name, company: name, phone: name, note: name }));
    for (const place of receivers) expect(slot({ place })).toEqual(slot());
  });

  test('nor does the way in which the same letters are composed', () => {
    const place = { ...BERLIN, street: 'Königstraße 1', city: 'Köln' };
    const decomposed = { ...place, street: place.street.normalize('NFD'), city: place.city.normalize('NFD') };
    expect(decomposed.city).not.toBe(place.city);
    expect(slot({ place: decomposed })).toEqual(slot({ place }));
  });

  test.each(['street', 'street2', 'city', 'postalCode', 'region'])(
    'every part of the place has its say: %s',
    (part) => {
      expect(slot({ place: { ...BERLIN, [part]: 'Other' } })).not.toEqual(slot());
    },
  );

  test('another commodity or quantity gets another slot', () => {
    expect(slot({ parcels: [ANVIL] })).not.toEqual(slot());
    expect(slot({ parcels: [{ ...RYE, quantity: 4 }] })).not.toEqual(slot());
    expect(slot({ parcels: [{ ...RYE, sku: 'rye-2kg' }] })).not.toEqual(slot());
  });

  test('slots are spread over the whole window, to the minute', () => {
    const minutes = Array.from({ length: 400 }, (_, number) => {
      const at = slot({ place: { ...BERLIN, street: `Hauptstr. ${number}` } });
      return at.hour * 60 + at.minute;
    });
    expect(Math.min(...minutes)).toBeLessThan(8 * 60 + 30);
    expect(Math.max(...minutes)).toBeGreaterThan(17 * 60 + 30);
    expect(new Set(minutes.map((minute) => minute % 60)).size).toBeGreaterThan(50);
  });
});

describe('not before the goods can be there', () => {
  // A window of one minute's choice would not do: the whole day is service, so only the goods decide.
  const always = { weekdays: [1, 2, 3, 4, 5, 6, 7], window: { fromHour: 0, toHour: 24 } };
  const hoursAfter = (wanted: Wanted) =>
    slot({ ...wanted, terms: { ...always, ...wanted.terms } })
      .diff(DateTime.fromISO(wanted.at ?? MONDAY))
      .as('hours');

  test.each([
    ['at home', ready(0), 'DE', undefined, 24],
    ['abroad', ready(0), 'FR', undefined, 72],
    ['with handling, at home', ready(48), 'DE', undefined, 72],
    ['with handling, abroad', ready(48), 'GB', undefined, 120],
    ['by the slowest of the goods', [...ready(2), ...ready(100)], 'DE', undefined, 124],
    ['by transit hours of its own', ready(10), 'DE', { home: 2, abroad: 5 }, 12],
    ['by transit hours of its own, abroad', ready(10), 'FR', { home: 2, abroad: 5 }, 15],
    ['at once, where nothing takes time', ready(0), 'DE', { home: 0, abroad: 0 }, 0],
  ] as const)('%s', (_what, parcels, country, transitHours, hours) => {
    const after = hoursAfter({ parcels, place: { ...BERLIN, country }, terms: { transitHours } });
    expect(after).toBeGreaterThanOrEqual(hours);
    // The place in the round comes once a day.
    expect(after).toBeLessThan(hours + 24);
  });

  test('six hours of handling, ordered at 15:07 in Los Angeles', () => {
    const at = '2026-11-24T23:07:00Z';
    const terms = { countries: ['US'], timeZone: 'America/Los_Angeles', weekdays: [1, 2, 3, 4, 5, 6, 7] };
    for (const street of ['1 Main St', '2 Main St', '3 Main St', '4 Main St'])
      expect(hoursAfter({ parcels: ready(6), place: { street, country: 'US' }, terms, at })).toBeGreaterThanOrEqual(30);
  });

  test('a slot at the very moment of their arrival is taken', () => {
    const first = slot({ parcels: ready(0), terms: always });
    const at = String(first.minus({ hours: 24 }).toUTC().toISO());
    expect(slot({ parcels: ready(0), terms: always, at })).toEqual(first);
    const late = String(first.minus({ hours: 24, milliseconds: -1 }).toUTC().toISO());
    expect(slot({ parcels: ready(0), terms: always, at: late })).toEqual(first.plus({ days: 1 }));
  });

  test('a slot is never of this very moment', () => {
    const atOnce = { ...always, transitHours: { home: 0, abroad: 0 } };
    const first = slot({ parcels: ready(0), terms: atOnce });
    const at = String(first.toUTC().toISO());
    expect(slot({ parcels: ready(0), terms: atOnce, at })).toEqual(first.plus({ days: 1 }));
  });

  test('weight takes no longer', () => {
    const heavy = [{ ...RYE, quantity: 1, weightGrams: 99_000 }];
    expect(dayOf({ parcels: heavy })).toBe(dayOf({ parcels: [{ ...RYE, quantity: 1 }] }));
  });

  test('planned later, it is not in the past', () => {
    const late = new Date('2026-12-03T12:00:00Z');
    const planned = planDispatch(consignment({}), late);
    expect(planned).toMatchObject({ kind: 'planned' });
    expect(planned.kind === 'planned' && planned.deliverAt > late).toBe(true);
  });
});

describe('the cut-off hour', () => {
  const terms = { cutOffHour: 14, transitHours: { home: 0, abroad: 0 } };
  test.each([
    ['before it, goods leave at once', '2026-11-23T12:59:00Z', 0, '2026-11-23'],
    ['from it on, on the next service day', '2026-11-23T13:00:00Z', 0, '2026-11-24'],
    ['on a Friday, on Monday', '2026-11-27T13:00:00Z', 0, '2026-11-30'],
    ['on a day without service, on the next one', '2026-11-28T08:00:00Z', 0, '2026-11-30'],
    ['it counts from when the goods are ready', '2026-11-23T10:00:00Z', 4, '2026-11-24'],
  ])('%s', (_what, at, handlingHours, day) => {
    // So late in the window that the round of the same day has not passed.
    const place = placeAt((minute) => minute >= 9 * 60);
    expect(dayOf({ parcels: ready(handlingHours), terms, place, at })).toBe(day);
  });

  test('transit begins with the service day on which they leave', () => {
    const wanted = { parcels: ready(0), terms: { cutOffHour: 14 }, at: '2026-11-23T15:00:00Z' };
    // They leave on Tuesday, and a day later it is Wednesday.
    expect(dayOf(wanted)).toBe('2026-11-25');
  });
});

/** A place whose minute in the window is such. */
function placeAt(minuteIs: (minute: number) => boolean, window = TERMS.window, timeZone = 'UTC'): Place {
  for (let number = 1; ; number += 1) {
    const place = { ...BERLIN, street: `Hauptstr. ${number}` };
    const at = slot({ parcels: ready(0), place, terms: { window, timeZone, weekdays: [1, 2, 3, 4, 5, 6, 7] } });
    if (minuteIs((at.hour - window.fromHour) * 60 + at.minute)) return place;
  }
}

const EVERY = [1, 2, 3, 4, 5, 6, 7];

describe('days without service are passed over', () => {
  const days = (terms: Partial<DistributorTerms>, at: string) => dayOf({ parcels: ready(0), terms, at });

  test.each([
    ['a weekend', {}, '2026-11-27T12:00:00Z', '2026-11-30'],
    ['a year end', { holidays: { country: 'DE' } }, '2026-12-31T06:00:00Z', '2027-01-04'],
    ['Christmas', { holidays: { country: 'DE' } }, '2026-12-24T06:00:00Z', '2026-12-28'],
    ['no holidays are given', {}, '2026-12-24T06:00:00Z', '2026-12-25'],
    ['Corpus Christi in Bavaria', { holidays: { country: 'DE', region: 'BY' } }, '2026-06-03T05:00:00Z', '2026-06-05'],
    ['the same, in full', { holidays: { country: 'DE', region: 'DE-BY' } }, '2026-06-03T05:00:00Z', '2026-06-05'],
    ['not in Berlin', { holidays: { country: 'DE', region: 'BE' } }, '2026-06-03T05:00:00Z', '2026-06-04'],
    [
      'the city of Augsburg',
      { holidays: { country: 'DE', region: 'BY-A' }, weekdays: [6, 7] },
      '2026-08-06T05:00:00Z',
      '2026-08-09',
    ],
    ['holidays of several days', { holidays: { country: 'TR' } }, '2026-05-26T05:00:00Z', '2026-06-01'],
    ['those of the last year', { holidays: { country: 'SZ' }, weekdays: EVERY }, '2026-12-31T05:00:00Z', '2027-01-03'],
    [
      'one of 25 hours is one day',
      { holidays: { country: 'AT' }, weekdays: EVERY },
      '2031-10-25T05:00:00Z',
      '2031-10-27',
    ],
    ['a leap day is a day', { weekdays: [2] }, '2028-02-28T05:00:00Z', '2028-02-29'],
    ['a year without one', { weekdays: [1] }, '2027-02-28T05:00:00Z', '2027-03-01'],
  ])('%s', (_what, terms, at, day) => {
    const early = { ...terms, window: { fromHour: 10, toHour: 18 } };
    expect(days(early, at)).toBe(day);
  });

  test('when none is near, nobody is promised one', () => {
    expect(plan({ terms: { weekdays: [] } })).toEqual({
      kind: 'impossible',
      reason: 'no_service_day',
      detail: 'The distributor delivers on no day of the 60 from 2026-11-24 on.',
    });
    expect(plan({ terms: { weekdays: [], cutOffHour: 12 } })).toMatchObject({ reason: 'no_service_day' });
  });
});

describe('when clocks change', () => {
  test.each([
    ['Europe/Berlin', 2, 3, '2026-03-28T00:00:00Z', '2026-03-30'],
    ['America/New_York', 2, 3, '2026-03-07T05:00:00Z', '2026-03-09'],
    ['Pacific/Auckland', 2, 3, '2026-09-25T12:00:00Z', '2026-09-28'],
    ['Africa/Cairo', 0, 1, '2026-04-22T21:00:00Z', '2026-04-25'],
    ['Asia/Beirut', 0, 1, '2026-03-27T21:00:00Z', '2026-03-30'],
  ])(
    'a day on which the clocks of %s swallow the window %i-%i has no service',
    (timeZone, fromHour, toHour, at, day) => {
      const terms = { timeZone, weekdays: EVERY, window: { fromHour, toHour } };
      const local = slot({ parcels: ready(0), terms, at });
      expect(local.toISODate()).toBe(day);
      expect(local.hour).toBe(fromHour);
    },
  );

  test('where it swallows a part of the window, the rest is served', () => {
    const window = { fromHour: 1, toHour: 4 };
    const terms = { weekdays: EVERY, window };
    const at = '2026-03-28T00:00:00Z';
    const swallowed = placeAt((minute) => minute >= 60 && minute < 120, window);
    const served = placeAt((minute) => minute >= 120, window);
    expect(dayOf({ parcels: ready(0), terms, at, place: swallowed })).toBe('2026-03-30');
    expect(dayOf({ parcels: ready(0), terms, at, place: served })).toBe('2026-03-29');
  });

  test.each([
    ['Europe/Berlin', '2026-10-24T00:00:00Z', 2, '+02:00'],
    ['America/New_York', '2026-10-31T04:00:00Z', 1, '-04:00'],
    ['Australia/Lord_Howe', '2026-04-03T10:00:00Z', 1, '+11:00'],
  ])('of a time that comes twice in %s, the first counts', (timeZone, at, fromHour, offset) => {
    const window = { fromHour, toHour: fromHour + 1 };
    const place = placeAt((minute) => minute >= 30, window);
    const local = slot({ parcels: ready(0), terms: { timeZone, weekdays: EVERY, window }, at, place });
    expect(local.toFormat('ZZ')).toBe(offset);
    expect(local.hour).toBe(fromHour);
  });
});

test.each([
  ['out_of_area', { place: { ...BERLIN, country: 'US' } }, 'The distributor delivers to DE, FR, GB only.'],
  [
    'too_heavy',
    { parcels: [{ ...ANVIL, quantity: 3 }] },
    'The goods weigh 150 kg; the distributor takes at most 100 kg.',
  ],
  [
    'too_heavy',
    { parcels: [{ ...RYE, quantity: 1, weightGrams: 100_001 }] },
    'The goods weigh 100.001 kg; the distributor takes at most 100 kg.',
  ],
] as const)('what the terms do not allow is %s, never a silent default', (reason, wanted, detail) => {
  expect(plan(wanted)).toEqual({ kind: 'impossible', reason, detail });
});

test('the heaviest consignment that it takes is still taken', () => {
  expect(plan({ parcels: [{ ...ANVIL, quantity: 2 }] }).kind).toBe('planned');
});

describe('a date by hand keeps the same rules', () => {
  const terms = { weekdays: [1, 2, 3, 4, 5, 6] };
  const judged = (deliverAt: string, wanted: Wanted = {}) =>
    judgeDate(new Date(deliverAt), consignment({ terms, ...wanted }), new Date(wanted.at ?? MONDAY));

  test.each([
    ['as soon as the goods can be there', '2026-11-24T09:00:00Z'],
    ['as the window opens', '2026-11-25T07:00:00Z'],
    ['before it closes', '2026-11-25T16:59:59.999Z'],
    ['on a Saturday', '2026-11-28T10:00:00Z'],
    ['months ahead', '2027-06-01T10:00:00Z'],
  ])('%s', (_what, deliverAt) => {
    expect(judged(deliverAt)).toBe('possible');
  });

  test.each([
    ['too early for the goods', '2026-11-24T08:59:59Z', '2026-11-24T09:00:00Z', /goods cannot be there before/],
    ['too early, and outside the window', '2026-11-23T22:00:00Z', '2026-11-24T09:00:00Z', /goods cannot be there/],
    [
      'a Sunday at 02:07',
      '2026-11-29T01:07:00Z',
      '2026-11-30T07:00:00Z',
      /from 8 to 18 o'clock .* weekdays 1, 2, 3, 4, 5, 6/,
    ],
    ['before the window', '2026-11-25T06:59:59Z', '2026-11-25T07:00:00Z', /from 8 to 18/],
    ['as the window closes', '2026-11-25T17:00:00Z', '2026-11-26T07:00:00Z', /from 8 to 18/],
    ['on a Saturday night', '2026-11-28T20:00:00Z', '2026-11-30T07:00:00Z', /from 8 to 18/],
    ['now', MONDAY, '2026-11-24T09:00:00Z', /past/],
    ['in the past', '2026-11-20T10:00:00Z', '2026-11-24T09:00:00Z', /past/],
    ['years ahead', '2030-01-01T10:00:00Z', '2026-11-24T09:00:00Z', /365 days/],
  ])('%s: the next possible one is offered', (_what, deliverAt, nextPossible, detail) => {
    expect(judged(deliverAt)).toEqual({
      kind: 'outside_service',
      detail: expect.stringMatching(detail),
      nextPossible: new Date(nextPossible),
    });
    expect(judged(nextPossible)).toBe('possible');
  });

  test('on a holiday', () => {
    const wanted = { terms: { ...terms, holidays: { country: 'DE', region: 'BY' } } };
    expect(judged('2027-01-06T10:00:00Z', wanted)).toMatchObject({
      detail: expect.stringContaining('public holidays of DE-BY excepted'),
      nextPossible: new Date('2027-01-07T07:00:00Z'),
    });
  });

  test('at an hour that a clock change swallows, the next one is offered', () => {
    const night = {
      terms: { weekdays: [1, 2, 3, 4, 5, 6, 7], window: { fromHour: 2, toHour: 3 } },
      at: '2026-03-20T00:00:00Z',
    };
    // Half past three by the wall clock: half past two does not come.
    expect(judged('2026-03-29T01:30:00Z', night)).toMatchObject({ nextPossible: new Date('2026-03-30T00:00:00Z') });
    expect(judged('2026-03-30T00:30:00Z', night)).toBe('possible');
  });

  test('days after the goods were ready, what is offered is still ahead when it is sent', () => {
    const late = new Date('2026-12-01T10:00:30Z');
    expect(judgeDate(new Date('2026-12-01T10:00:00Z'), consignment({ terms }), late)).toMatchObject({
      nextPossible: new Date('2026-12-01T11:01:00Z'),
    });
  });

  test('goods that take more than a year have no date yet', () => {
    const refused = judged('2026-12-25T10:00:00Z', { parcels: ready(365 * 24) });
    expect(refused).toMatchObject({ detail: expect.stringContaining('cannot be there before 2027-11-24') });
    expect(refused).not.toHaveProperty('nextPossible');
  });

  test.each([
    ['the place is served no more', { countries: ['FR'] }],
    ['the goods are too heavy', { maxWeightGrams: 1 }],
    ['there is no service day', { weekdays: [] }],
    ['nothing ever leaves', { weekdays: [], cutOffHour: 12 }],
  ])('where %s, no date is offered', (_what, changed) => {
    const refused = judged('2026-11-25T10:00:00Z', { terms: changed });
    expect(refused).toMatchObject({ kind: 'outside_service' });
    expect(refused).not.toHaveProperty('nextPossible');
  });
});

describe('after a failed attempt', () => {
  const failedAt = new Date('2026-11-24T10:00:00Z');
  const again = (terms: Partial<DistributorTerms>, now = failedAt, place: Place = BERLIN) => {
    const planned = replanDispatch(consignment({ parcels: ready(500), terms, place }), failedAt, now);
    return planned.kind === 'planned' ? planned.deliverAt : planned;
  };

  test('the goods are with the distributor: its hours at home once more, and no handling', () => {
    const terms = { transitHours: { home: 10, abroad: 300 } };
    for (const place of [BERLIN, { ...BERLIN, country: 'FR' }]) {
      const at = again(terms, failedAt, place) as Date;
      expect(at.getTime()).toBeGreaterThanOrEqual(failedAt.getTime() + 10 * 3_600_000);
      expect(at.getTime()).toBeLessThan(failedAt.getTime() + 48 * 3_600_000);
    }
  });

  test('reported late, it is not in the past; by the same calendar', () => {
    const late = new Date('2026-11-28T10:00:00Z');
    const at = again({}, late) as Date;
    expect(at > late).toBe(true);
    expect(DateTime.fromJSDate(at, { zone: TERMS.timeZone }).toISODate()).toBe('2026-11-30');
  });

  test('what the terms no longer allow is said', () => {
    expect(again({ countries: ['FR'] })).toMatchObject({ kind: 'impossible', reason: 'out_of_area' });
    expect(again({ weekdays: [] })).toMatchObject({ kind: 'impossible', reason: 'no_service_day' });
  });
});

test('what no date by hand could reach is not planned either: goods that are ready or arrive in more than a year', () => {
  const far = { transitHours: { home: 9_000, abroad: 9_000 } };
  const slow = [{ ...RYE, handlingHours: 9_000 }];
  for (const wanted of [{ terms: far }, { parcels: slow }])
    expect(plan(wanted)).toMatchObject({ kind: 'impossible', reason: 'no_service_day' });
  const inTime = consignment({ terms: { transitHours: { home: 8_000, abroad: 8_000 } } });
  const planned = planDispatch(inTime, new Date(MONDAY));
  const at = planned.kind === 'planned' ? planned.deliverAt : new Date(0);
  expect(judgeDate(at, inTime, new Date(MONDAY))).toBe('possible');
});
