import type { MessageKind, ReceiptAnswer } from '../../domain/party-messages.ts';
import type { MessagePayload } from './evidence-notes.ts';
import type { GoodReceipt } from './receipt.ts';

/** What a good receipt proves, in one sentence. Times are the signer's own. */
export function proofOf(said: MessagePayload, { answer, issuedAtMs }: GoodReceipt): string {
  const at = new Date(issuedAtMs).toISOString();
  return `${said.aud} received ${WHAT[said.kind]} of ${said.sub} from ${said.from} at ${at}${saidTo(answer)}.`;
}

const WHAT: Readonly<Record<MessageKind, string>> = {
  presentation: 'the presentation',
  payment_indicated: 'the payment indication',
  completed: 'the notice of completion',
  paid: 'the notice of payment',
  ended: 'the notice of the early end',
  instruction: 'the distributing instruction',
  schedule_again: 'the request for a new date',
  withdrawn: 'the withdrawal of the instruction',
};

function saidTo(answer: ReceiptAnswer): string {
  switch (answer.verdict) {
    case 'promised':
      return ' and promised distribution';
    case 'refused':
      return ` and refused: ${answer.reason}`;
    case 'scheduled':
      return ` and fixed the delivery for ${answer.deliverAt}`;
    case 'later':
      return ', to answer later';
    case 'received':
      return '';
  }
}
