import { RECIPIENT, type MessageKind } from './party-messages.ts';
import type { TradingParty } from './suspension.ts';

/** What is sent to a party's own server, by the name of its activity: which message it is. */
export const TRANSMISSIONS = {
  presentToSeller: 'presentation',
  notifySellerOfPaymentIndication: 'payment_indicated',
  instructDistributor: 'instruction',
  scheduleAgain: 'schedule_again',
  notifySellerOfCompletion: 'completed',
  notifySellerOfPayment: 'paid',
  notifySellerOfEnding: 'ended',
  withdrawFromDistributor: 'withdrawn',
} as const satisfies Record<string, MessageKind>;
export type TransmissionName = keyof typeof TRANSMISSIONS;

/** What is sent of an order that has ended early. */
export const AFTER_THE_END = [
  'notifySellerOfEnding',
  'withdrawFromDistributor',
] as const satisfies readonly TransmissionName[];

/** Whose server a transmission goes to. */
export function recipientOf(name: TransmissionName): TradingParty {
  return RECIPIENT[TRANSMISSIONS[name]];
}

export function isTransmission(step: string): step is TransmissionName {
  return Object.hasOwn(TRANSMISSIONS, step);
}
