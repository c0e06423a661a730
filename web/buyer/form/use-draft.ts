import { useState } from 'react';
import { EMPTY_DRAFT, type AddressPart, type Draft, type Faults } from './draft.ts';

const NONE: Faults = new Map();

export type Drafting = ReturnType<typeof useDraft>;

/** The draft of an order in a form, and what was found wrong with it. What is typed anew counts as right until it is sent again. */
export function useDraft() {
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [faults, setFaults] = useState<Faults>(NONE);
  const [judgements, setJudgements] = useState(0);
  const forgive = (...places: readonly string[]): void =>
    setFaults((found) => new Map([...found].filter(([place]) => !places.includes(place))));
  return {
    draft,
    faults,
    /** How often faults were looked for: whoever leads to the first one does so once for each. */
    judgements,
    judge: (found: Faults): void => {
      setFaults(found);
      setJudgements((count) => count + 1);
    },
    change: (change: Partial<Draft>): void => {
      setDraft((now) => ({ ...now, ...change }));
      forgive(...Object.keys(change).map((name) => `/${name}`), '/deliverTo/country', '/lines');
    },
    typeAddress: (part: AddressPart, text: string): void => {
      setDraft((now) => ({ ...now, address: { ...now.address, [part]: text } }));
      forgive(`/deliverTo/${part}`);
    },
    typeQuantity: (sellerId: string, sku: string, typed: string): void => {
      setDraft((now) => {
        const ofSeller = { ...now.quantities[sellerId], [sku]: typed };
        return { ...now, quantities: { ...now.quantities, [sellerId]: ofSeller } };
      });
      forgive(`/quantities/${sku}`, '/lines');
    },
  };
}
