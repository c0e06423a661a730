import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../platform/orm.ts';
import { UnsealableError, type Sealer } from '../platform/sealing.ts';
import type { CheckRefusal } from '../domain/echeck.ts';
import type { DeliverTo, OrderLine } from '../domain/order.ts';
import { decidedAs, type Decided, type Done } from '../domain/ending.ts';
import type { NewEvent } from '../domain/timeline.ts';
import type { CheckSigning } from '../office/checks/signing.ts';
import { standingRefusal, validateCheck } from '../office/checks/register.ts';
import { orderDigest } from '../office/checks/digest.ts';
import {
  answerOf,
  lockStanding,
  noteEvents,
  recordStep,
  stagesFrom,
  type Recorded,
  type Standing,
  type StepRecord,
} from '../office/orders/step-record.ts';

/** Check, order and delivery address in one message from the buyer to the seller (claims 1, 8). */
export interface Presentation {
  readonly orderId: string;
  readonly buyerId: string;
  readonly sellerId: string;
  /** Who holds the check and presents it. */
  readonly presentedBy: string;
  readonly echeck: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
  /** Makes the key of a refusal's event: a refused presentation may be followed by a good one. */
  readonly attempt: number;
  /** The seller's agent promises distribution as soon as the check is good. */
  readonly sellerAgent: 'auto' | 'manual';
  /** The buyer's agent indicates the payment as soon as the notice is there. */
  readonly paymentAgent: 'auto' | 'manual';
}

export type Presented =
  | { readonly kind: 'valid' }
  | { readonly kind: 'refused'; readonly reason: CheckRefusal }
  | Decided;

export interface PresentingDeps {
  readonly orm: Orm;
  readonly signing: CheckSigning;
  readonly sealer: Sealer;
  readonly clock: () => Date;
}

/**
 * The presentation reaches the seller, who has the check office validate the check before anything is promised (claim 2).
 * What the parties' agents do at once on a good check is done in the same transaction. A repetition finds it done.
 */
export async function presentCheck(deps: PresentingDeps, presentation: Presentation): Promise<Presented> {
  const digest = await digestOf(deps.sealer, presentation);
  return deps.orm.em.fork().transactional(async (tx) => {
    const standing = await lockStanding(tx, presentation.orderId);
    if (standing.stage !== 'check_issued') return presentedBefore(standing);
    const verdict = await validateCheck(tx, deps.signing, {
      jws: presentation.echeck,
      now: deps.clock(),
      presentedBy: presentation.presentedBy,
      acceptedBy: presentation.sellerId,
      orderId: presentation.orderId,
      orderDigest: digest,
      presenting: true,
    });
    if (!verdict.valid) return noteRefusal(tx, presentation, verdict.reason);
    if (standing.ending) return decidedAs(standing.ending);
    await recordStep(tx, presentedRecord(presentation, verdict.check.number));
    if (presentation.sellerAgent === 'auto') await recordStep(tx, acceptedRecord(presentation));
    return { kind: 'valid' };
  });
}

/** The digest of what was presented. An address that was not sealed here fits no check. */
async function digestOf(sealer: Sealer, { lines, deliverToSealed }: Presentation): Promise<string> {
  try {
    const { deliverTo, salt } = splitSalt(await sealer.open<DeliverTo & { salt: string }>(deliverToSealed));
    return orderDigest({ lines, deliverTo, salt });
  } catch (error) {
    if (error instanceof UnsealableError) return 'unsealable';
    throw error;
  }
}

export type Accepted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: CheckRefusal }
  | Decided;

type Parties = Pick<Presentation, 'orderId' | 'buyerId' | 'sellerId' | 'paymentAgent'>;

/**
 * The seller promises distribution by hand. Refused when, since its presentation, the check was stopped or voided or has run
 * out, its account was frozen or closed, or its key revoked.
 */
export async function acceptOrder(
  { orm, clock }: Pick<PresentingDeps, 'orm' | 'clock'>,
  parties: Parties,
): Promise<Accepted> {
  return orm.em.fork().transactional(async (tx) => {
    const { stage, ending } = await lockStanding(tx, parties.orderId);
    const reason = stage === 'presented' ? await standingRefusal(tx, parties.orderId, clock()) : undefined;
    if (reason) return { kind: 'refused', reason };
    if (ending) return decidedAs(ending);
    const answer = answerOf(await recordStep(tx, acceptedRecord(parties)), stagesFrom('accepted'));
    return answer.kind === 'done' ? { kind: 'accepted' } : answer;
  });
}

/** The seller's promise, and the buyer's notice of it (claim 1), together with what the buyer's agent does at once. */
export function acceptedRecord(order: Parties): StepRecord {
  const { orderId, buyerId, sellerId, paymentAgent } = order;
  const type = 'distribution_promised';
  const notice: NewEvent = {
    key: type,
    type,
    actor: sellerId,
    recipient: buyerId,
    body: { notice: 'The commodity will be distributed.' },
  };
  const payment = paymentAgent === 'auto' ? [paymentIndication(order)] : [];
  return { orderId, stage: 'accepted', check: 'accepted', events: [notice, ...payment] };
}

/** The buyer indicates the payment to the seller (claim 4): only of an accepted order, once. */
export function paymentRecord(order: Pick<Presentation, 'orderId' | 'buyerId' | 'sellerId'>): StepRecord {
  return { orderId: order.orderId, from: ['accepted'], events: [paymentIndication(order)] };
}

/** A repetition finds the order accepted, or further on. */
export function paymentAnswer(recorded: Recorded): Done | Decided {
  return answerOf(recorded, stagesFrom('accepted'));
}

function paymentIndication({ buyerId, sellerId }: Pick<Presentation, 'buyerId' | 'sellerId'>): NewEvent {
  const type = 'payment_indicated';
  return { key: type, type, actor: buyerId, recipient: sellerId, body: {} };
}

function presentedRecord(presentation: Presentation, number: string): StepRecord {
  const { orderId, sellerId, presentedBy, echeck, deliverToSealed } = presentation;
  const lines = presentation.lines.map(({ sku, quantity }) => ({ sku, quantity }));
  return {
    orderId,
    stage: 'presented',
    check: 'presented',
    events: [
      {
        key: 'check_presented',
        type: 'check_presented',
        actor: presentedBy,
        recipient: sellerId,
        body: { number, echeck, lines, deliverToSealed },
      },
      {
        key: 'check_validated',
        type: 'check_validated',
        actor: sellerId,
        recipient: 'check-office',
        body: { number, valid: true },
      },
    ],
  };
}

async function noteRefusal(tx: EntityManager, presentation: Presentation, reason: CheckRefusal): Promise<Presented> {
  const { orderId, sellerId, presentedBy, attempt } = presentation;
  const key = `check_refused:${attempt}`;
  await noteEvents(tx, orderId, [
    { key, type: 'check_refused', actor: sellerId, recipient: presentedBy, body: { valid: false, reason } },
  ]);
  return { kind: 'refused', reason };
}

function presentedBefore(standing: Standing): Presented {
  const answer = answerOf({ recorded: false, ...standing }, stagesFrom('presented'));
  return answer.kind === 'done' ? { kind: 'valid' } : answer;
}

function splitSalt({ salt, ...deliverTo }: DeliverTo & { salt: string }): { deliverTo: DeliverTo; salt: string } {
  return { deliverTo, salt };
}
