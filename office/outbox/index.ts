/* The door of the outbox: events in their order, how far they may be read, and where each reader is. */

export { readBacklog, readOrderEnd, readOutbox, type OutboxEvent } from './outbox.ts';
export { OUTBOX_START, placeOfEvent, recognisePlace, type OutboxPlace, type RememberedPlace } from './places.ts';
export { createWatermark, type Watermark } from './watermark.ts';
