import { orderIdFor } from '../../api/orders/place-order.ts';
import { situationOf, type DistributionKind, type SituationReport } from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { Attention, Ending, OrderRefusal, OrderView } from '../../domain/order.ts';
import type { Agent } from '../../domain/party.ts';
import type { OrderInput } from '../../workflows/messages/definitions.ts';
import type { Past } from './past.ts';
import { MINUTE_MS, type PlannedOrder } from './plan.ts';
import { seeded, type Random } from './random.ts';
import { requestOf } from './request.ts';

/**
 * An order of the past. It goes through the steps of its workflow one by one, as its workflow would have taken them; no workflow is
 * there, as of any order that ended longer ago than Temporal keeps it.
 */
export class PastOrder {
  readonly plan: PlannedOrder;
  readonly id: OrderId;
  readonly random: Random;
  readonly #past: Past;
  readonly #reports: SituationReport[] = [];
  #input: OrderInput | undefined;
  #view: OrderView | undefined;
  #agents: { readonly seller: Agent; readonly distributor: Agent } = { seller: 'auto', distributor: 'auto' };
  #deliverAt: Date | undefined;

  constructor(past: Past, plan: PlannedOrder) {
    this.#past = past;
    this.plan = plan;
    this.id = orderIdFor(plan.buyerId, plan.key);
    this.random = seeded(plan.seed);
  }

  get now(): Date {
    return this.#past.clock();
  }

  get agents() {
    return this.#agents;
  }

  /** A moment so many minutes from now. */
  in(least: number, most = least): Date {
    return new Date(this.now.getTime() + this.random.between(least * 60, most * 60) * (MINUTE_MS / 60));
  }

  get deliverAt(): Date {
    if (!this.#deliverAt) throw new Error(`order ${this.id} was not scheduled`);
    return this.#deliverAt;
  }

  /** Judged and its check issued; `false`: it was refused, and has ended by that. */
  async request(): Promise<boolean> {
    const { steps } = this.#past;
    const input = await requestOf(this.#past, this.plan);
    this.#input = input;
    const seller = await steps.verifySellerRegistration(input);
    if (seller.kind === 'refused') return this.#refused(seller.refusal);
    const distributor = await steps.verifyDistributorRegistration(input);
    if (distributor.kind === 'refused') return this.#refused(distributor.refusal);
    const priced = await steps.priceOrder(input);
    if (priced.kind !== 'priced') return this.#refused(needed(priced.kind === 'refused' ? priced.refusal : undefined));
    const credit = await steps.judgeCredit(input);
    if (credit.kind === 'refused') return this.#refused(credit.refusal);
    this.#agents = { seller: seller.agent, distributor: distributor.agent };
    this.#input = { ...input, settleOn: seller.settleOn };
    const { lines, charge } = priced;
    const terms = { paymentDemand: seller.paymentDemand, agents: this.#agents };
    const issued = await this.#dated(steps.issueCheck({ ...this.#input, lines, charge, ...terms }));
    if (issued.kind === 'refused') return this.#refused(issued.refusal);
    if (issued.kind !== 'issued') throw new Error(`order ${this.id} is there already`);
    this.#view = issued.order;
    return true;
  }

  async present(): Promise<void> {
    const { buyerId: presentedBy, deliverToSealed } = this.#asked;
    const presentation = { echeck: this.#check.jws, deliverToSealed, presentedBy, attempt: 1 };
    const result = await this.#dated(
      this.#past.steps.validateCheck({
        ...this.#parties,
        ...presentation,
        sellerAgent: this.#agents.seller,
      }),
    );
    if (result.kind !== 'valid')
      throw new Error(`the check of order ${this.id} was not taken: ${JSON.stringify(result)}`);
  }

  async accept(): Promise<void> {
    done(await this.#dated(this.#past.steps.acceptOrder(this.#parties)), 'accepted');
  }

  async indicatePayment(): Promise<void> {
    done(await this.#dated(this.#past.steps.indicatePayment(this.#parties)), 'done');
  }

  /** The seller is paid, by the office or on its own demand. */
  async settle(reference?: string): Promise<void> {
    done(await this.#dated(this.#past.steps.settlePayment({ ...this.#demand, reference })), 'settled');
  }

  async instruct(): Promise<void> {
    done(await this.#dated(this.#past.steps.instructDistribution(this.#instruction)), 'done');
  }

  async schedule(): Promise<void> {
    this.#scheduled(await this.#dated(this.#past.steps.scheduleDispatch({ instruction: this.#instruction })));
  }

  async scheduleAgain(): Promise<void> {
    const failedAt = this.now.toISOString();
    const again = { instruction: this.#instruction, attempt: 1, failedAt };
    this.#scheduled(await this.#dated(this.#past.steps.rescheduleDispatch(again)));
  }

  /** What the distributor reports on the way. */
  async report(kind: DistributionKind, note?: string): Promise<void> {
    const report = { ...this.#event(kind), ...(note !== undefined && { note }) };
    this.#reports.push(report);
    const { distributorId } = this.plan;
    const status = situationOf(this.#reports);
    await this.#dated(
      this.#past.steps.recordDistribution({ orderId: this.id, distributorId, reports: [report], status }),
    );
  }

  /** The goods are with the buyer: the seller and the check office are notified. */
  async deliver(): Promise<void> {
    const { sellerId, distributorId, deliverTo, buyerId } = this.plan;
    const receivedBySealed = await this.#past.sealer.seal(buyerId, deliverTo.name);
    const confirmation = { ...this.#event('delivered'), receivedBySealed };
    const completion = { orderId: this.id, sellerId, distributorId, checkNumber: this.#check.number, confirmation };
    done(await this.#dated(this.#past.steps.notifySellerOfCompletion(completion)), 'done');
    await this.#dated(this.#past.steps.notifyOfficeOfCompletion(completion));
  }

  /** The check of an order that was paid before. */
  async finalise(): Promise<void> {
    done(await this.#dated(this.#past.steps.finaliseCheck(this.#demand)), 'final');
  }

  /** Ends early: what was done is undone, last first, then the ending goes on record. */
  async end({ reason, actor, ...ending }: Ending): Promise<void> {
    const { steps } = this.#past;
    const order = this.#asked;
    const decision = await this.#dated(steps.decideEnding({ order, ending: { ...ending, reason, actor } }));
    if (decision.kind !== 'decided') throw new Error(`order ${this.id} cannot end early any more`);
    const decided = { order, ending: decision.ending };
    await this.#dated(steps.cancelDispatchIfInstructed(decided));
    await this.#dated(steps.refundIfSettled(decided));
    await this.#dated(steps.voidCheckIfIssued(decided));
    await this.#dated(steps.closeOrder(decided));
  }

  /** It needs a person, or no longer does (`null`). */
  async attention(attention: Omit<Attention, 'since'> | null, step = attention?.step): Promise<void> {
    const occurredAt = this.now.toISOString();
    const raised = attention && { ...attention, since: occurredAt };
    const type = raised ? 'attention_raised' : 'attention_cleared';
    const event = {
      key: `${type}:1`,
      type,
      actor: 'service',
      body: raised ? { ...raised } : { step },
      occurredAt,
    } as const;
    await this.#dated(this.#past.steps.noteAttention({ order: this.#asked, attention: raised, event }));
  }

  async intervene(actor: string, body: { action: string; reason: string; on: string; effect: string }): Promise<void> {
    const event = { key: 'intervention_made:1', type: 'intervention_made', actor, body } as const;
    await this.#dated(this.#past.steps.noteIntervention({ order: this.#asked, event }));
  }

  get checkNumber() {
    return this.#check.number;
  }

  /** What a step has written gets the moment's time before the next step reads it. */
  async #dated<Result>(step: Promise<Result>): Promise<Result> {
    const result = await step;
    await this.#past.dateOrder(this.id);
    return result;
  }

  async #refused(refusal: OrderRefusal): Promise<false> {
    const stage = refusal.code === 'credit-declined' ? 'declined' : 'rejected';
    await this.end({ stage, reason: refusal.detail, actor: 'check-office', refusal });
    return false;
  }

  get #asked(): OrderInput {
    return needed(this.#input);
  }

  get #check() {
    return needed(this.#view?.echeck ?? undefined);
  }

  get #parties() {
    const { orderId, buyerId, sellerId, lines, payment = 'auto' } = this.#asked;
    return { orderId, buyerId, sellerId, lines, paymentAgent: payment, charge: this.#view?.charge ?? undefined };
  }

  get #instruction() {
    const { orderId, sellerId, distributorId, lines, deliverToSealed } = this.#asked;
    return { orderId, sellerId, distributorId, lines, deliverToSealed };
  }

  get #demand() {
    const { orderId, sellerId, buyerId, settleOn = 'delivery' } = this.#asked;
    const { number, jws } = this.#check;
    return {
      orderId,
      sellerId,
      buyerId,
      settleOn,
      charge: needed(this.#view?.charge ?? undefined),
      echeck: { number, jws },
    };
  }

  #event(kind: DistributionKind): SituationReport {
    return { eventId: `${this.plan.key}-${kind}-${this.#reports.length}`, kind, occurredAt: this.now.toISOString() };
  }

  #scheduled(result: Awaited<ReturnType<Past['steps']['scheduleDispatch']>>): void {
    if (result.kind !== 'scheduled') throw new Error(`order ${this.id} has no date: ${JSON.stringify(result)}`);
    this.#deliverAt = new Date(result.deliverAt);
  }
}

function done(result: { readonly kind: string }, kind: string): void {
  if (result.kind !== kind) throw new Error(`the step was answered ${JSON.stringify(result)}`);
}

function needed<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a step of the history came before what it needs');
  return value;
}
