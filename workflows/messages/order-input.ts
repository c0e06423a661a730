import { ApplicationFailure } from '@temporalio/workflow';
import { parseOrderId } from '../../domain/ids.ts';
import { isRecord } from './shapes.ts';
import type { OrderInput } from './definitions.ts';

const TEXTS = [
  'orderId',
  'requestDigest',
  'buyerId',
  'terminalId',
  'sellerId',
  'distributorId',
  'deliverToSealed',
  'orderDigest',
  'settleOn',
  'requestedAt',
] as const satisfies readonly (keyof OrderInput)[];

/** Ends a workflow that somebody started by hand with what is no order: nothing of it could ever be recorded or repaired. */
export function refuseNonsense(input: unknown): asserts input is OrderInput {
  if (!isRecord(input)) throw nonsense('its input is not a JSON object');
  const missing = TEXTS.find((name) => typeof input[name] !== 'string' || input[name] === '');
  if (missing) throw nonsense(`its ${missing} is missing or is not text`);
  if (!parseOrderId(String(input['orderId']))) throw nonsense('its orderId is not an order id');
  if (!Array.isArray(input['lines']) || input['lines'].length === 0) throw nonsense('it has no lines');
}

function nonsense(what: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `This is no order: ${what}. Orders are started by POST /v1/orders.`,
    'NoOrder',
  );
}
