import type { FaultOnRecord, MessageKind, PartyKey, Verdict } from './party-messages.ts';
import type { Role } from './party.ts';

/** A message of an order and its receipt, as they are on record. Both texts are still sealed. Times are RFC 3339. */
export interface MessageRecord {
  /** The `jti`. */
  readonly id: string;
  readonly kind: MessageKind;
  /** On whose behalf. */
  readonly from: string;
  readonly to: string;
  readonly attempt: number | null;
  readonly sentAt: string;
  readonly lastAttemptAt: string | null;
  readonly attempts: number;
  readonly messageSealed: string | null;
  readonly receiptSealed: string | null;
  readonly verdict: Verdict | null;
  readonly receiptedAt: string | null;
  /** Why the last attempt brought no receipt; `null` once one did. */
  readonly fault: FaultOnRecord | null;
  /** The key with which the receipt was verified. */
  readonly keys: PartyKey | null;
}

/** Who looks at an order's messages. */
export interface MessageViewer {
  readonly role: Role;
  readonly partyId: string;
  /** Whether what is personal may be read just now (`mayKnowPersonal`). An operator's read is put on record instead. */
  readonly personal: boolean;
}

/**
 * Shows a message as its reader may know it; `undefined`: not even that it was sent. The office sees all; a party what it was sent or
 * what was sent in its name, and why there is no receipt only where its own server is asked for it. Whom it delivered to a
 * distributor forgets, so the text of what it was sent is withheld from then on.
 */
export function projectMessage(message: MessageRecord, viewer: MessageViewer): MessageRecord | undefined {
  const { role, partyId, personal } = viewer;
  if (role === 'operator') return message;
  if (message.from !== partyId && message.to !== partyId) return undefined;
  return {
    ...message,
    messageSealed: personal ? message.messageSealed : null,
    fault: message.to === partyId ? message.fault : null,
  };
}
