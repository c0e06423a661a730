import { z } from 'zod';
import type { OrderId } from '../../domain/ids.ts';
import type { PresentationBody } from '../../domain/party-messages.ts';
import { readRequest, RecordBehindError } from '../../office/orders/index.ts';
import type { TransmissionDeps } from './deps.ts';
import { addressIn, checkedOrder, eventBody } from './facts.ts';

/** What is on record of the presentation. */
const presented = z.object({
  echeck: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
  deliverToSealed: z.string(),
  presentationSealed: z.string().optional(),
});

/** The presentation as it is on record, opened for the seller. */
export async function presentationOf(
  { orm, sealer }: Pick<TransmissionDeps, 'orm' | 'sealer'>,
  orderId: OrderId,
): Promise<PresentationBody> {
  const em = orm.em.fork();
  const { charge } = await checkedOrder(em, orderId);
  const { data: onRecord } = presented.safeParse(await eventBody(em, orderId, 'check_presented'));
  if (!onRecord) throw new RecordBehindError('the order was not presented, by its record');
  const { echeck, lines, deliverToSealed, presentationSealed } = onRecord;
  const body = { echeck, lines, deliverTo: await addressIn(sealer, deliverToSealed), charge };
  if (presentationSealed === undefined) return body;
  // The terminal's own word, and its key: for the check says the key's thumbprint alone.
  const presentation = await sealer.open<string>(presentationSealed);
  return { ...body, presentation, terminalKey: (await readRequest(em, orderId))?.terminalKey };
}
