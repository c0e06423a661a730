import type { OrderId } from '../../domain/ids.ts';
import type { MessageBodies, MessageKind, ReceiptAnswer, VERDICTS } from '../../domain/party-messages.ts';
import {
  instructionFor,
  type MessageDeps,
  type OutgoingMessage,
  sendMessage,
  wasSent,
} from '../../office/messages/index.ts';

/** One message to a party's own server. */
export interface Outgoing<Kind extends MessageKind = MessageKind> {
  readonly orderId: OrderId;
  readonly kind: Kind;
  /** Where one order has several of the kind. */
  readonly attempt?: number;
  readonly to: string;
  /** On whose behalf. */
  readonly from: string;
  readonly body: MessageBodies[Kind];
  /** For whom it rests sealed: the buyer where it holds the address, so that forgetting the buyer takes it; otherwise its receiver. */
  readonly personalOf: string;
  /** Ends the attempt before its time. */
  readonly signal?: AbortSignal;
  /** When it was made first, where its row was lost and it is made again. */
  readonly sentAt?: Date;
}

/** What a good receipt of that kind of message says. */
export type AnswerTo<Kind extends MessageKind> = Extract<
  ReceiptAnswer,
  { readonly verdict: (typeof VERDICTS)[Kind][number] }
>;

/** How messages get to the parties' own servers: the room `office/messages`, bound to what a worker has. */
export interface Post {
  /** One attempt: the receipt, from now or from before. Throws where there is none. */
  send<Kind extends MessageKind>(message: Outgoing<Kind>): Promise<AnswerTo<Kind>>;
  /** Whether that party was ever sent a message of the order. */
  wasSent(orderId: OrderId, party: string): Promise<boolean>;
  /** The seller's instruction for the distributor (claim 9): its own, where its server signed one, otherwise by the office in its name. */
  instructionFor(orderId: OrderId): Promise<string>;
}

/** The way to the parties' servers, as the office knows them. */
export function createPost(deps: MessageDeps): Post {
  const { orm } = deps;
  return {
    async send<Kind extends MessageKind>(message: Outgoing<Kind>) {
      const { answer } = await sendMessage(deps, message as OutgoingMessage);
      return answer as AnswerTo<Kind>;
    },
    wasSent: (orderId, party) => wasSent(orm.em.fork(), orderId, party),
    instructionFor: (orderId) => instructionFor(deps, orderId),
  };
}
