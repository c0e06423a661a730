import type { OrderId } from '../../domain/ids.ts';
import type { ReceiptAnswer } from '../../domain/party-messages.ts';
import type { OrderDeps } from '../deps.ts';
import type { Post } from './post.ts';

/** What a worker gives the transmissions: the books, the keys, and the way to the parties' servers. */
export interface TransmissionDeps extends Pick<OrderDeps, 'orm' | 'signing' | 'sealer' | 'clock'> {
  readonly post: Post;
}

/** Of which order, and who takes part in it. */
export interface Transmission {
  readonly orderId: OrderId;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  /**
   * What is wrong as the order shows it: an attempt that fails otherwise ends the row, so that it can show that. Absent: it shows
   * nothing yet. `null`: it has followed enough changes.
   */
  readonly shown?: string | null;
}

/** What a receipt says, without what is personal: histories hold it. */
export type Transmitted =
  | { readonly kind: 'promised' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'scheduled'; readonly deliverAt: string }
  | { readonly kind: 'later' }
  | { readonly kind: 'received' }
  /** The party was never sent anything of the order. */
  | { readonly kind: 'unneeded' };

/** The receipt as the workflow gets it. */
export function transmitted<Answer extends ReceiptAnswer>(answer: Answer): TransmittedAs<Answer> {
  return withoutPersonal(answer) as TransmittedAs<Answer>;
}

type TransmittedAs<Answer extends ReceiptAnswer> = Extract<Transmitted, { readonly kind: Answer['verdict'] }>;

function withoutPersonal(answer: ReceiptAnswer): Transmitted {
  const { verdict: kind } = answer;
  if (kind === 'refused') return { kind, reason: answer.reason };
  return kind === 'scheduled' ? { kind, deliverAt: answer.deliverAt } : { kind };
}
