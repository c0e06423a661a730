/*
 * What the check office sends to a party's own server (a site), and what that server answers. Both travel as compact JWS
 * (EdDSA); a site made with `createSite` never touches them itself.
 */

/** The JOSE types of the network; each is checked (RFC 8725, section 3.11). */
export const JOSE_TYPES = {
  message: 'party-message+jwt',
  receipt: 'party-receipt+jwt',
  instruction: 'instruction+jwt',
  echeck: 'echeck+jwt',
  presentation: 'presentation+jwt',
} as const;

/** The media type of a message and of its receipt (RFC 7515, section 9.2.1). */
export const JOSE_MEDIA_TYPE = 'application/jose';

/** The one algorithm: EdDSA with Ed25519. */
export const ALGORITHM = 'EdDSA';

/** An amount in integer minor units: `{amount: 1890, currency: 'EUR'}` is 18.90 EUR. */
export interface MoneyJson {
  readonly amount: number;
  readonly currency: string;
}

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** A line of an instruction: what the distributor loads. */
export interface InstructedLine extends Line {
  readonly name?: string;
  /** Of one. */
  readonly weightGrams: number;
}

/** Where the goods go. Personal data: no log, no error message, no longer than needed. */
export interface DeliverTo {
  readonly name: string;
  readonly company?: string;
  readonly street: string;
  readonly street2?: string;
  readonly city?: string;
  readonly region?: string;
  readonly postalCode?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly phone?: string;
  readonly note?: string;
}

/** What each kind of message says. Times are RFC 3339. */
export interface MessageBodies {
  /** To the seller: check, order and delivery address in one message; of a bound terminal with its own signed word. */
  readonly presentation: {
    readonly echeck: string;
    readonly lines: readonly Line[];
    readonly deliverTo: DeliverTo;
    readonly charge: MoneyJson;
    readonly presentation?: string;
    /** The key that signed `presentation`: the check holds its thumbprint (`cnf.jkt`). */
    readonly terminalKey?: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  };
  /** To the seller: the buyer has indicated the payment of the charge by this check. */
  readonly payment_indicated: { readonly number: string; readonly amount: MoneyJson };
  /** To the seller: the distributor has completed the delivery. */
  readonly completed: { readonly deliveredAt: string };
  /** To the seller: its demand was paid. */
  readonly paid: { readonly number: string; readonly amount: MoneyJson };
  /** To the seller: the order has ended early. */
  readonly ended: { readonly stage: string; readonly reason: string };
  /** To the distributor: the seller's own JWS (`readInstruction`). */
  readonly instruction: { readonly instruction: string };
  /** To the distributor: nobody took the goods; it fixes another date. */
  readonly schedule_again: { readonly attempt: number; readonly failedAt: string };
  /** To the distributor: the order has ended early. */
  readonly withdrawn: { readonly reason: string };
}
export type MessageKind = keyof MessageBodies;

/** The verdicts that a receipt may have, by the kind of its message. */
export const VERDICTS = {
  presentation: ['promised', 'refused', 'later'],
  payment_indicated: ['received'],
  completed: ['received'],
  paid: ['received'],
  ended: ['received'],
  instruction: ['scheduled', 'refused', 'later'],
  schedule_again: ['scheduled', 'received'],
  withdrawn: ['received'],
} as const satisfies Record<MessageKind, readonly string[]>;

/** A message whose signature, issuer, audience and time are good. */
export type PartyMessage = { readonly [Kind in MessageKind]: MessageOf<Kind> }[MessageKind];

export interface MessageOf<Kind extends MessageKind> {
  /** The same on every try: whoever has answered it answers it again in the same way. */
  readonly id: string;
  readonly orderId: string;
  readonly kind: Kind;
  /** The party on whose behalf the office writes. */
  readonly from: string;
  readonly body: MessageBodies[Kind];
  readonly sentAt: Date;
  /** The message as it came: evidence, together with its receipt. */
  readonly jws: string;
}

/** What a site answers; `later` says that its people decide, and answer through the API. */
export type SiteAnswer =
  | { readonly verdict: 'promised'; readonly body: { readonly instruction: string } }
  | { readonly verdict: 'refused'; readonly body: { readonly reason: string } }
  | { readonly verdict: 'scheduled'; readonly body: { readonly deliverAt: string } }
  | { readonly verdict: 'later' | 'received'; readonly body?: undefined };

/** Reads the claims of a verified message. Returns `undefined` when they are none that this version knows. */
export function messageFrom(claims: Readonly<Record<string, unknown>>, jws: string): PartyMessage | undefined {
  const { jti, sub, kind, from, iat, body } = claims;
  const texts = [jti, sub, from].every((text) => typeof text === 'string' && text !== '' && text.length <= 300);
  if (!texts || !isKind(kind) || typeof iat !== 'number' || typeof body !== 'object' || body === null) return undefined;
  // What a good signature of the office stands under has the shape of its kind: the office's own contract.
  return { id: jti, orderId: sub, kind, from, body, sentAt: new Date(iat * 1000), jws } as PartyMessage;
}

function isKind(kind: unknown): kind is MessageKind {
  return typeof kind === 'string' && Object.hasOwn(VERDICTS, kind);
}
