import type { TransmissionFault } from '../../domain/party-messages.ts';

/** A message has no receipt yet. Its name is the fault, as the order's attention shows it; the message is one line without personal data. */
export class TransmissionError extends Error {
  readonly fault: TransmissionFault;

  constructor(fault: TransmissionFault, detail: string) {
    super(detail);
    this.fault = fault;
    this.name = fault;
  }
}
