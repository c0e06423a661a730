import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What the company has to ask of the check office. */
export const OPERATIONS = ['report', 'fix_date', 'look_up'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** A call that was decided in the same transaction as what it reports, and is made until it is answered. */
export const Call = defineEntity({
  name: 'Call',
  tableName: 'calls',
  uniques: [{ name: 'calls_key_unique', properties: ['orderId', 'key'] }],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    orderId: p.text(),
    /** The same on every try; of a report it is the event's id. */
    key: p.text(),
    operation: p.enum(OPERATIONS),
    body: p.json<Readonly<Record<string, string>>>(),
    createdAt: p.datetime().columnType('timestamptz'),
    tries: p.integer().default(0),
    /** Not to be tried before. */
    dueAt: p.datetime().columnType('timestamptz'),
    /** What came of the last try, in a word or two. */
    answer: p.text().nullable(),
    answeredAt: p.datetime().columnType('timestamptz').nullable(),
  },
});
export type Call = InferEntity<typeof Call>;
