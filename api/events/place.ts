import { OUTBOX_START, type OutboxPlace, type RememberedPlace } from '../../office/outbox/places.ts';
import { Problem } from '../http/problem.ts';

/** Prints a place as the `id` of an event. */
export function printPlace({ id, mark }: OutboxPlace): string {
  return id === OUTBOX_START ? 'start-0' : `e${mark}-${id}`;
}

/** `e`, the mark and the event's id; in the former form the event's transaction and its id. */
const PLACE = /^(?:e([0-9a-f]{8})|(\d{1,19})|start)-(\d{1,18})$/;

/** Reads `Last-Event-ID` back. Throws `invalid-request` for what no stream of ours has sent. */
export function readPlace(text: string | undefined): RememberedPlace | undefined {
  if (text === undefined || text === '') return undefined;
  const [, mark, transaction, number] = PLACE.exec(text) ?? [];
  if (number === undefined) {
    const errors = [{ pointer: '/Last-Event-ID', detail: 'must be the id of an event of this stream' }];
    throw new Problem('invalid-request', 'The Last-Event-ID is not one of this stream.', { extensions: { errors } });
  }
  const id = BigInt(number);
  if (mark !== undefined) return { id, mark };
  return transaction === undefined ? { id, start: true } : { id, transaction: BigInt(transaction) };
}
