import type { CheckFate } from '../../client/status-list.ts';

/** What the status list says of a check, for people: a word, and what follows from it. */
export const FATES: Readonly<Record<CheckFate, { readonly word: string; readonly means: string }>> = {
  open: { word: 'Valid', means: 'Nobody has stopped it, and it has not been used up.' },
  used: { word: 'Used', means: 'The seller has accepted it: it pays once, and nothing else.' },
  stopped: { word: 'Stopped', means: 'Its holder or the check office has stopped it: it pays nothing.' },
  voided: { word: 'Void', means: 'The check office has taken it back: it pays nothing, and nothing is held for it.' },
  expired: { word: 'Expired', means: 'Its time has run out: it pays nothing.' },
  refunded: { word: 'Refunded', means: 'It was paid, and the seller has given the money back.' },
  account_frozen: {
    word: 'Suspended',
    means: "The drawer's account is frozen: until it is opened again it pays nothing.",
  },
  account_closed: { word: 'Void', means: "The drawer's account is closed: it pays nothing." },
  unknown: { word: 'Unknown', means: 'The status list does not say yet.' },
};

/** The colour of a fate's mark. */
export function toneOf(fate: CheckFate): 'good' | 'neutral' | 'bad' {
  if (fate === 'open') return 'good';
  return fate === 'used' || fate === 'unknown' ? 'neutral' : 'bad';
}
