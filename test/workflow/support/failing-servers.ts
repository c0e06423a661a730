import type { StepFault } from '../../../domain/faults.ts';
import type { TransmissionName } from '../../../domain/transmissions.ts';
import type { Transmissions } from './imagined-steps.ts';

/** What an attempt without a receipt throws. */
export function fault(name: StepFault): Promise<never> {
  return Promise.reject(Object.assign(new Error('it does not answer'), { name }));
}

/** A server that never signs for that message. */
export function failing<Name extends TransmissionName>(name: Name, why: StepFault) {
  return Object.fromEntries([[name, () => fault(why)]]) as unknown as Pick<Transmissions, Name>;
}
