import type { EntityManager } from '@mikro-orm/postgresql';
import type { CheckQuestion } from '../domain/check-rules.ts';
import type { CheckRefusal, TerminalKey } from '../domain/echeck.ts';
import { decidedAs, type Decided, type DeliverTo, type OrderLine, stagesFrom } from '../domain/order.ts';
import type { Agent } from '../domain/party.ts';
import {
  checkDigest,
  formerOrderDigest,
  openPresentation,
  orderDigest,
  type OrderContent,
  thumbprintOf,
  validateCheck,
} from '../office/checks/index.ts';
import {
  checkValidated,
  type OrderState,
  type StepRecord,
  answerOf,
  lockOrderState,
  noteEvents,
  recordStep,
  suspensionOf,
} from '../office/orders/index.ts';
import { UnsealableError } from '../platform/sealing.ts';
import { acceptedRecord, type Acceptance } from './acceptance.ts';
import type { OrderDeps } from './deps.ts';

/** Check, order and delivery address in one message from the buyer to the seller (claims 1, 8). */
export interface Presentation extends Acceptance {
  /** Who holds the check and presents it. */
  readonly presentedBy: string;
  readonly echeck: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
  /** A bound terminal's own JWS, sealed: then it alone says lines and address. */
  readonly presentationSealed?: string;
  /** The key of the terminal to which the check is bound. */
  readonly terminalKey?: TerminalKey;
  /** Makes the key of a refusal's event: a refused presentation may be followed by a good one. */
  readonly attempt: number;
  /** The seller's agent promises distribution as soon as the check is good. */
  readonly sellerAgent: Agent;
}

export type Presented =
  /** `withheld`: the seller's agent promises nothing, for the seller is suspended. */
  | { readonly kind: 'valid'; readonly withheld?: boolean }
  | { readonly kind: 'refused'; readonly reason: CheckRefusal }
  | Decided;

export function createValidationSteps(deps: Pick<OrderDeps, 'orm' | 'signing' | 'sealer' | 'clock'>) {
  return {
    /**
     * The presentation reaches the seller, who has the check office validate the check before anything is promised (claims 1,
     * 2, 8). What the parties' agents do at once on a good check is done in the same transaction. A repetition finds it done.
     */
    async validateCheck(presentation: Presentation): Promise<Presented> {
      const { orderId, sellerId, presentedBy, echeck: jws, sellerAgent } = presentation;
      const content = await contentOf(deps, presentation);
      return deps.orm.em.fork().transactional(async (tx) => {
        const state = await lockOrderState(tx, orderId);
        if (state.stage !== 'check_issued') return presentedBefore(state, sellerAgent);
        const asked = { orderId, presentedBy, acceptedBy: sellerId, ...content, presenting: true };
        const verdict = await validateCheck(tx, deps.signing, { jws, now: deps.clock(), ...asked });
        if (!verdict.valid) return noteRefusal(tx, presentation, verdict.reason);
        if (state.ending) return decidedAs(state.ending);
        await recordStep(tx, presentedRecord(presentation, verdict.check.number));
        if (sellerAgent !== 'auto') return { kind: 'valid' };
        const promised = await recordStep(tx, acceptedRecord(presentation));
        return suspensionOf(promised) ? WITHHELD : { kind: 'valid' };
      });
    },
  };
}

type Content = Pick<CheckQuestion, 'orderDigest' | 'formerOrderDigest' | 'terminalKey'>;

/** What was presented, as the check is compared with it. An address that was not sealed here fits no check. */
async function contentOf(deps: PresentationDeps, presentation: Presentation): Promise<Content> {
  try {
    const { salt, ...deliverTo } = await deps.sealer.open<DeliverTo & { salt: string }>(presentation.deliverToSealed);
    if (presentation.presentationSealed !== undefined) return await signedContent(deps, presentation, salt);
    return digestsOf({ lines: presentation.lines, deliverTo, salt });
  } catch (error) {
    if (error instanceof UnsealableError) return { orderDigest: 'unsealable' };
    throw error;
  }
}

type PresentationDeps = Pick<OrderDeps, 'sealer' | 'clock'>;

/** The same of what a bound terminal has signed: the goods and the address are those of its JWS. */
async function signedContent(
  { sealer, clock }: PresentationDeps,
  { presentationSealed = '', terminalKey, echeck }: Presentation,
  salt: string,
): Promise<Content> {
  const jws = await sealer.open<string>(presentationSealed);
  const signed = terminalKey && (await openPresentation(jws, terminalKey, clock()));
  if (!signed) return { terminalKey: null };
  if (signed.digest !== checkDigest(echeck)) return { orderDigest: 'of another check' };
  return { ...digestsOf({ ...signed, salt }), terminalKey: await thumbprintOf(terminalKey) };
}

function digestsOf(content: OrderContent): Content {
  return { orderDigest: orderDigest(content), formerOrderDigest: formerOrderDigest(content) };
}

function presentedRecord(presentation: Presentation, number: string): StepRecord {
  const { orderId, sellerId, presentedBy, echeck, deliverToSealed, presentationSealed } = presentation;
  const lines = presentation.lines.map(({ sku, quantity }) => ({ sku, quantity }));
  // A seller with a server of its own has it validated itself, by a request of its own.
  const validated = presentation.sellerAgent === 'site' ? [] : [checkValidated({ sellerId, number })];
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
        body: {
          number,
          echeck,
          lines,
          deliverToSealed,
          ...(presentationSealed !== undefined && { presentationSealed }),
        },
      },
      ...validated,
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

const WITHHELD = { kind: 'valid', withheld: true } as const;

/** A check that was presented, and not accepted at once by the seller's agent, is one that a suspended seller did not promise. */
function presentedBefore(state: OrderState, sellerAgent: Agent): Presented {
  if (state.stage === 'presented' && !state.ending && sellerAgent === 'auto') return WITHHELD;
  const answer = answerOf({ recorded: false, ...state }, stagesFrom('presented'));
  return answer.kind === 'done' ? { kind: 'valid' } : answer;
}
