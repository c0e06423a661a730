import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** The one row of the company's rules. Whoever plans holds its lock, so that nobody else takes the same place meanwhile. */
export const CompanyCalendar = defineEntity({
  name: 'CompanyCalendar',
  tableName: 'calendar',
  properties: {
    id: p.integer().primary(),
    timeZone: p.text(),
    countries: p.array(),
    holidayCountry: p.text().nullable(),
    holidayRegion: p.text().nullable(),
    cutOffHour: p.integer().nullable(),
    homeHours: p.integer(),
    abroadHours: p.integer(),
    collectHours: p.integer(),
    gramsPerPlace: p.integer(),
    /** Grows with every change; the check office has the terms of `registeredVersion`. */
    version: p.integer(),
    registeredVersion: p.integer().nullable(),
    registrationFault: p.text().nullable(),
  },
});
export type CompanyCalendar = InferEntity<typeof CompanyCalendar>;
