import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** `offers`: its catalogue. `demand`: for a payment. `decision`: what the shop's people have decided. */
export const ERRANDS = ['offers', 'demand', 'decision'] as const;
export type ErrandKind = (typeof ERRANDS)[number];

/**
 * Something that the shop has to say to the office, noted in the transaction that it follows from, and repeated until the
 * office has answered: one of a kind for a subject.
 */
export const Errand = defineEntity({
  name: 'Errand',
  tableName: 'errands',
  properties: {
    kind: p.enum(ERRANDS).primary(),
    /** The order's id; of the offers `catalogue`. */
    subject: p.text().primary(),
    /** When it is tried next; `null`: it is done, or waits for a message. */
    dueAt: p.datetime().columnType('timestamptz').nullable(),
    /** Grows whenever there is something new to say. */
    version: p.integer().default(1),
    attempts: p.integer().default(0),
    doneAt: p.datetime().columnType('timestamptz').nullable(),
    /** What came of the last try, for people. */
    note: p.text().nullable(),
  },
});
export type Errand = InferEntity<typeof Errand>;
