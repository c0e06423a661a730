import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect } from '@jest/globals';
import { reportTransmissions, type Transmission } from '../../scripts/claims/transmissions.ts';
import type { Claims } from '../support/site-words.ts';
import type { ClaimService, TimelineEvent } from './support.ts';

/* What crossed the network, from the messages and the receipts themselves, each verified with keys that its signer publishes. */

export interface Sent {
  readonly id: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** The office, as the message names it. */
  readonly issuer: string;
  /** The message's compact text, and what it says. */
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  /** What its receiver signed for it; undefined until it has. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly receipt?: { readonly text: string; readonly signedBy: string; readonly verdict: string; readonly body: any };
  readonly fault: { readonly reason: string; readonly detail: string } | null;
  readonly attempts: number;
}

/** The messages of an order, verified as an outsider does it. `sites`: where each party's own keys are. */
export async function messagesOf(
  service: ClaimService,
  orderId: string,
  sites: readonly { readonly party: string; readonly url: string }[],
): Promise<Sent[]> {
  const answer = await service.ask('GET', `/v1/orders/${orderId}/messages`, { as: 'operator-olga' });
  expect(answer.status).toBe(200);
  const office = await keysAt(service.url);
  const keys = new Map(await Promise.all(sites.map(async ({ party, url }) => [party, await keysAt(url)] as const)));
  return Promise.all(
    answer.body.data.map(async ({ message, receipt, kind, ...row }: Claims & Record<'message' | 'kind', string>) => {
      const to = String(row['to']);
      const options = { typ: 'party-message+jwt', audience: to, subject: orderId, issuer: answer.body.office.issuer };
      const { payload } = await jwtVerify(message, createLocalJWKSet(office), { ...options, algorithms: ['EdDSA'] });
      expect(payload).toMatchObject({ kind, jti: row['id'], from: row['from'] });
      const { iss: issuer, body } = payload;
      return { ...row, kind, issuer, text: message, body, ...(await receiptBy(keys, to, receipt)) };
    }),
  );
}

async function receiptBy(keys: ReadonlyMap<string, JSONWebKeySet>, party: string, text: unknown) {
  if (typeof text !== 'string') return {};
  const own = keys.get(party);
  if (!own) throw new Error(`${party} has no server of its own`);
  const options = { typ: 'party-receipt+jwt', issuer: party, algorithms: ['EdDSA'] };
  const { payload } = await jwtVerify(text, createLocalJWKSet(own), options);
  return { receipt: { text, signedBy: party, verdict: payload['verdict'], body: payload['body'] } };
}

export async function keysAt(url: string): Promise<JSONWebKeySet> {
  return (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
}

/** The one message of that kind. */
export function only(messages: readonly Sent[], kind: string): Sent {
  const [message, ...more] = messages.filter((one) => one.kind === kind);
  if (!message || more.length > 0) throw new Error(`${kind} was sent ${message ? more.length + 1 : 0} times`);
  return message;
}

/** The name of the office in the report. */
const OFFICE = 'check office';

/** Reports a message that its receiver has signed for as a transmission of that claim. */
export function showSigned(claim: number, { kind: what, from, to, issuer, receipt }: Sent): void {
  expect(receipt).toBeDefined();
  const { signedBy = '', verdict = '' } = receipt ?? {};
  const sender = from === issuer ? OFFICE : from;
  reportTransmissions([{ claim, what, from: sender, to, received: { signedBy, verdict } }]);
}

/** Reports what a party has said to the office, or through it, which has it on record as an event. */
export function showOnRecord(claim: number, what: string, event: TimelineEvent | undefined, to = OFFICE): void {
  expect(event).toBeDefined();
  const { actor: from = '', type: onRecord = '' } = event ?? {};
  const transmission: Transmission = { claim, what, from, to, received: { onRecord } };
  reportTransmissions([transmission]);
}

/** Expects these events, in this order, each by that actor. Returns the last of them. */
export function expectInOrder(
  timeline: readonly TimelineEvent[],
  ...expected: readonly (readonly [string, string])[]
): void {
  const places = expected.map(([type, actor]) =>
    timeline.findIndex((event) => event.type === type && event.actor === actor),
  );
  const found = places.map((place, index) => (place < 0 ? `no ${expected[index]?.join(' by ')}` : place));
  expect(found).toEqual(found.toSorted((one, other) => Number(one) - Number(other)));
  expect(places).not.toContain(-1);
}
