import type { CheckRefusal } from '../../domain/echeck.ts';
import type { Ending, OrderRefusal } from '../../domain/order.ts';

/** Thrown by a step that finds that its order ends early: nothing after it happens, and what came before it is undone. */
export class EarlyEnding extends Error {
  override readonly name = 'EarlyEnding';
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(`the order ends as ${ending.stage}`);
    this.ending = ending;
  }
}

/** A refusal is an outcome: poor credit declines the order, every other no rejects it. */
export function refused(refusal: OrderRefusal, actor = 'check-office'): EarlyEnding {
  return new EarlyEnding({
    stage: refusal.code === 'credit-declined' ? 'declined' : 'rejected',
    reason: refusal.detail,
    actor,
    refusal,
  });
}

/** The check office refuses the check itself. */
export function checkRefused(reason: CheckRefusal): EarlyEnding {
  return refused({ code: 'echeck-invalid', detail: `The check office refuses the check: ${reason}.` });
}

/** Somebody did not act in time, and the service ends the order. */
export function outOfTime(stage: 'expired' | 'cancelled' | 'refunded', reason: string): EarlyEnding {
  return new EarlyEnding({ stage, reason, actor: 'service' });
}
