import { z } from 'zod';
import type { CheckClaims } from '../../domain/echeck.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { DeliverTo, OrderLine } from '../../domain/order.ts';
import { MESSAGE_KINDS } from '../../domain/party-messages.ts';
import type { KeyFinder } from './signed.ts';

/** What the reader can be sure of, what the signatures contradict, and what nobody can tell from this set: a sentence each. */
export interface Note {
  readonly sort: 'proven' | 'wrong' | 'open';
  readonly text: string;
  /** Of what is proven: whose signatures it rests on, and so whose keys the reader must know otherwise. */
  readonly by?: readonly string[];
}

export const proven = (text: string, by: readonly string[]): Note => ({ sort: 'proven', text, by });
export const wrong = (text: string): Note => ({ sort: 'wrong', text });
export const open = (text: string): Note => ({ sort: 'open', text });

/** What a presentation said, whose check was found good. */
export interface Presented {
  readonly claims: CheckClaims;
  readonly lines: readonly OrderLine[];
  readonly deliverTo: DeliverTo;
  readonly charge: MoneyJson;
}

/** What all entries of a set are judged by. */
export interface EvidenceContext {
  readonly issuer: string;
  readonly nowMs: number;
  /** Finds keys of a party, or of the office by its issuer; `undefined` where nobody has shown any. */
  readonly keysOf: (who: string) => KeyFinder | undefined;
  /** What was presented, by order: later messages are compared with it. */
  readonly presented: Map<string, Presented>;
}

/** What every message says. */
export const messagePayload = z.looseObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  jti: z.string(),
  iat: z.int().nonnegative(),
  kind: z.enum(MESSAGE_KINDS),
  from: z.string(),
  body: z.looseObject({}),
});
export type MessagePayload = z.output<typeof messagePayload>;
