import type { OrderRefusal } from './order.ts';
import type { Stage } from './stages.ts';

/** How an order ends early. */
export interface Ending {
  readonly stage: Extract<Stage, 'declined' | 'rejected' | 'expired' | 'cancelled' | 'refunded'>;
  readonly reason: string;
  /** Who ended it: a party id, or `service`. */
  readonly actor: string;
  readonly refusal?: OrderRefusal;
}
