import { acceptanceTransmissions } from './acceptance.ts';
import { completionTransmissions } from './completion.ts';
import { dispatchTransmissions } from './dispatch.ts';
import { endingTransmissions } from './ending.ts';
import { paymentTransmissions } from './payment.ts';
import { createPlaces } from './places.ts';
import { transmitting } from './transmitting.ts';
import type { TransmissionDeps } from './deps.ts';

export type { Transmission, Transmitted } from './deps.ts';

/** Every message to a party's own server, one try each. What a receipt says is a result; only where there is none they throw. */
export function createSends(deps: TransmissionDeps) {
  return {
    ...acceptanceTransmissions(deps),
    ...paymentTransmissions(deps),
    ...dispatchTransmissions(deps),
    ...completionTransmissions(deps),
    ...endingTransmissions(deps),
  };
}

/** The same as Temporal's activities, tried until it is receipted. What it means for the order is put on record by the order's steps. */
export function createTransmissions(deps: TransmissionDeps) {
  return transmitting(createSends(deps), createPlaces());
}

export type TransmissionActivities = ReturnType<typeof createTransmissions>;
