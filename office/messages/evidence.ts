import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { ALL_VERDICTS, JOSE_TYPES, MESSAGE_KINDS, type PartyKey } from '../../domain/party-messages.ts';
import { judgeBody, judgePromised } from './evidence-bodies.ts';
import {
  messagePayload,
  open,
  proven,
  wrong,
  type EvidenceContext,
  type MessagePayload,
  type Note,
} from './evidence-notes.ts';
import { proofOf } from './evidence-words.ts';
import { candidatesIn } from './key-sets.ts';
import { judgeReceipt } from './receipt.ts';
import { digestOf, openSigned, type KeyFinder } from './signed.ts';

const text = z.string().max(2_000_000);
/** A name that is printed: nothing in it moves the cursor or the eye. */
const name = z.string().regex(/^[^\p{C}]{1,500}$/u);
const partyKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().length(43),
  kid: z.string().optional(),
});
const entry = z.object({
  id: name,
  kind: z.enum(MESSAGE_KINDS),
  from: name,
  to: name,
  message: text.nullable(),
  receipt: text.nullable(),
  verdict: z.enum(ALL_VERDICTS).nullable(),
  keys: partyKey.nullable(),
});
type Entry = z.output<typeof entry>;

/** A set of messages and receipts, as `GET /v1/orders/{orderId}/messages` answers it. */
export const evidenceSet = z.object({
  data: z.array(entry).max(10_000),
  office: z.object({
    issuer: name,
    jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
  }),
});
export type EvidenceSet = z.output<typeof evidenceSet>;

/** What one message of a set comes to. */
export interface Finding {
  readonly id: string;
  readonly notes: readonly Note[];
}

export interface Judging {
  /** Keys that the reader knows otherwise to be a party's own, or the office's (by its issuer): then no others count. */
  readonly pinned: ReadonlyMap<string, JSONWebKeySet>;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Judges a set without the office: every message by the office's keys; every receipt, instruction and presentation by its signer's. Each
 * member of the set is compared with what was signed, so that nothing of it can be changed unnoticed.
 */
export async function judgeEvidence(set: EvidenceSet, judging: Judging): Promise<Finding[]> {
  const context: EvidenceContext = {
    issuer: set.office.issuer,
    nowMs: judging.nowMs,
    keysOf: keysIn(set, judging),
    presented: new Map(),
  };
  const judged = new Map<Entry, Note[]>();
  // What was presented first: the rest is compared with it, in whatever order somebody has put it.
  for (const one of set.data.toSorted(presentationsFirst)) judged.set(one, await judgeEntry(one, context));
  const seen = new Set<string>();
  return set.data.map((one) => {
    const twice = seen.has(one.id) ? [wrong('It stands in the set twice.')] : [];
    seen.add(one.id);
    return { id: one.id, notes: [...(judged.get(one) ?? []), ...twice] };
  });
}

function presentationsFirst(one: Entry, other: Entry): number {
  return Number(other.kind === 'presentation') - Number(one.kind === 'presentation');
}

async function judgeEntry(one: Entry, context: EvidenceContext): Promise<Note[]> {
  if (one.message === null) return [open('Its text is withheld or gone, so nothing can be said about it.')];
  const keyFor = context.keysOf(context.issuer) ?? NO_KEYS;
  const signed = await openSigned(one.message, JOSE_TYPES.message, keyFor);
  if (!signed.ok) return [wrong(`The message ${signed.detail}.`)];
  const read = messagePayload.safeParse(signed.payload);
  if (!read.success) return [wrong(`The message lacks a good ${read.error.issues[0]?.path.join('.') ?? 'payload'}.`)];
  const differs = differenceOf(one, read.data, context.issuer);
  if (differs !== undefined) return [wrong(`The message was signed with another ${differs} than the set shows.`)];
  const notes = await judgeBody(read.data, context);
  return [...notes, ...(await judgeReceiptOf(one, read.data, context))];
}

/** The first member in which the set differs from what was signed. */
function differenceOf(one: Entry, said: MessagePayload, issuer: string): string | undefined {
  const pairs: readonly (readonly [string, string, string])[] = [
    ['issuer', said.iss, issuer],
    ['id (jti)', said.jti, one.id],
    ['order (sub)', said.sub, one.id.split(':')[0] ?? ''],
    ['kind', said.kind, one.kind],
    ['recipient (aud)', said.aud, one.to],
    ['sender (from)', said.from, one.from],
  ];
  return pairs.find(([, signed, shown]) => signed !== shown)?.[0];
}

async function judgeReceiptOf(one: Entry, said: MessagePayload, context: EvidenceContext): Promise<Note[]> {
  const { id, kind, to, receipt, message } = one;
  if (receipt === null || message === null)
    return one.verdict === null
      ? [open(`${to} has not signed for it.`)]
      : [wrong('The set shows a verdict without its receipt.')];
  const keyFor = context.keysOf(to);
  if (!keyFor) return [wrong('The set shows no key for its receipt.')];
  const of = { id, kind, to, issuer: said.iss, digest: digestOf(message), sentAtMs: said.iat * 1000 };
  const judged = await judgeReceipt(receipt, { message: of, keyFor, nowMs: context.nowMs });
  if (!judged.ok) return [wrong(`The receipt ${judged.detail}.`)];
  if (judged.answer.verdict !== one.verdict) return [wrong('The receipt says another verdict than the set.')];
  const { answer } = judged;
  const instructed = answer.verdict === 'promised' ? await judgePromised(said, answer.instruction, context) : [];
  return [proven(proofOf(said, judged), [said.iss, to]), ...instructed];
}

const NO_KEYS: KeyFinder = async () => [];

/** Those that are pinned; otherwise those that the set shows. */
function keysIn({ data, office }: EvidenceSet, { pinned }: Judging): EvidenceContext['keysOf'] {
  const shown = new Map<string, PartyKey[]>();
  for (const { to, keys } of data) if (keys) shown.set(to, [...(shown.get(to) ?? []), keys]);
  return (who) => {
    const own = pinned.get(who);
    if (own) return keyFinder(own);
    if (who === office.issuer) return keyFinder(office.jwks);
    const keys = shown.get(who);
    return keys && keyFinder({ keys: distinct(keys) });
  };
}

function distinct(keys: readonly PartyKey[]): PartyKey[] {
  return [...new Map(keys.map((key) => [JSON.stringify([key.kid, key.x]), key])).values()];
}

function keyFinder(jwks: JSONWebKeySet): KeyFinder {
  const set = createLocalJWKSet(jwks);
  return async (kid) => {
    try {
      return await candidatesIn(set, kid);
    } catch (error) {
      if (error instanceof errors.JOSEError) return [];
      throw error;
    }
  };
}
