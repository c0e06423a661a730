import type { components } from '../../client/index.ts';

type PartyMessage = components['schemas']['PartyMessage'];

/** What each kind of message is. */
export const KINDS: Readonly<Record<PartyMessage['kind'], string>> = {
  presentation: 'Presentation of the check',
  payment_indicated: 'Payment indicated',
  completed: 'Delivery completed',
  paid: 'Paid',
  ended: 'The order has ended',
  instruction: 'Instruction',
  schedule_again: 'Fix another date',
  withdrawn: 'Withdrawn',
};

/** What each receipt answers. */
export const VERDICTS: Readonly<Record<NonNullable<PartyMessage['verdict']>, string>> = {
  promised: 'Promised',
  refused: 'Refused',
  later: 'People decide',
  received: 'Received',
  scheduled: 'Scheduled',
};

/** How good each answer is: the colour of its mark. */
export const VERDICT_TONES: Readonly<Record<NonNullable<PartyMessage['verdict']>, 'good' | 'wait' | 'bad'>> = {
  promised: 'good',
  refused: 'bad',
  later: 'wait',
  received: 'good',
  scheduled: 'good',
};
