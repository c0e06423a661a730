import { acceptanceTransmissions } from './acceptance.ts';
import { completionTransmissions } from './completion.ts';
import { dispatchTransmissions } from './dispatch.ts';
import { endingTransmissions } from './ending.ts';
import { paymentTransmissions } from './payment.ts';
import { createPlaces } from './places.ts';
import { transmitting } from './transmitting.ts';
import type { TransmissionDeps } from './deps.ts';

export type { Transmission, Transmitted } from './deps.ts';

/**
 * What is sent to the parties' own servers: one message each, tried until it is receipted. What a receipt says is a result;
 * only where there is none they throw. What it means for the order is put on record by the order's steps.
 */
export function createTransmissions(deps: TransmissionDeps) {
  const transmissions = {
    ...acceptanceTransmissions(deps),
    ...paymentTransmissions(deps),
    ...dispatchTransmissions(deps),
    ...completionTransmissions(deps),
    ...endingTransmissions(deps),
  };
  return transmitting(transmissions, createPlaces());
}

export type TransmissionActivities = ReturnType<typeof createTransmissions>;
