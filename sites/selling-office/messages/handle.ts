import type { PartyMessage, SiteAnswer } from '../../../client/site.ts';
import type { Deps } from '../deps.ts';
import { noteCompletion, noteEnding, notePayment, notePaymentIndication } from './notices.ts';
import { answerPresentation } from './presentation.ts';

/**
 * What the shop does about each message of the office. Every one of them may come again, and gets the same answer; what
 * follows from it is noted in the same transaction.
 */
export async function handleMessage(deps: Deps, message: PartyMessage): Promise<SiteAnswer> {
  const answer = await answerTo(deps, message);
  const { id, kind, orderId } = message;
  deps.logger.info({ message: id, kind, orderId, verdict: answer.verdict }, 'message handled');
  // What was noted for the office is said as soon as this is answered.
  deps.wake();
  return answer;
}

async function answerTo(deps: Deps, message: PartyMessage): Promise<SiteAnswer> {
  switch (message.kind) {
    case 'presentation':
      return answerPresentation(deps, message);
    case 'payment_indicated':
      await notePaymentIndication(deps, message);
      break;
    case 'completed':
      await noteCompletion(deps, message);
      break;
    case 'paid':
      await notePayment(deps, message);
      break;
    case 'ended':
      await noteEnding(deps, message);
      break;
    case 'instruction':
    case 'schedule_again':
    case 'withdrawn':
      throw new Error(`${message.kind} is for a distributor`);
  }
  return { verdict: 'received' };
}
