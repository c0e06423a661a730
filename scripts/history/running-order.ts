import { setTimeout as sleep } from 'node:timers/promises';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { isEnded } from '../../domain/order.ts';
import type { components, Order } from '../../client/index.ts';
import { succeeded, type Clients } from './clients.ts';

export type OrderRequest = components['schemas']['OrderRequest'];
type EventType = components['schemas']['OrderEvent']['type'];
type DistributionKind = components['schemas']['DistributionEvent']['kind'];

export interface Waiting {
  /** Its Idempotency-Key ends with it. */
  readonly number: number;
  readonly what: string;
  readonly request: OrderRequest;
  /** What its timeline says once it was left where it waits. Whatever comes later is for people to do. */
  readonly mark: EventType;
  /** Of a mark that is `attention_raised`: for what. For other reasons an order may need attention in passing. */
  readonly reason?: string;
  /** Its buyer cancels it before the mark. */
  readonly isCancelled?: true;
  /** What is done with it once it is placed. Each part may be repeated. */
  readonly moves?: (order: RunningOrder) => Promise<void>;
}

/** How far it is: not placed yet, placed but not left where it waits, or left there (also when people have moved it on since). */
export type Progress = 'missing' | 'begun' | 'left';

const PATIENCE_MS = 60_000;
/** One that has waited since an earlier run waits for somebody. */
const PATIENCE_WITH_BEGUN_MS = 5_000;
const LOOK_EVERY_MS = 200;

/** An order of the history that runs. Its steps are requests that its parties could send, and each of them has one effect. */
export class RunningOrder {
  readonly id: string;
  readonly #waiting: Waiting;
  readonly #clients: Clients;
  #patienceMs = PATIENCE_MS;

  constructor(waiting: Waiting, clients: Clients) {
    this.#waiting = waiting;
    this.#clients = clients;
    this.id = orderIdFor('buyer-ada', this.#key);
  }

  async progress(): Promise<Progress> {
    const { mark, reason, isCancelled } = this.#waiting;
    const { data: order, response } = await this.#clients.olga.GET('/v1/orders/{orderId}', this.#params);
    if (response.status === 404) return 'missing';
    if (!order) throw new Error(`order ${this.id} was answered ${response.status}`);
    const isOver = isEnded(order.stage) && !(isCancelled && order.stage === 'cancelled');
    return isOver || (await this.#has(mark, reason)) ? 'left' : 'begun';
  }

  /** Leaves it where it waits, from wherever it stands. Throws when it does not come so far. */
  async leave(): Promise<void> {
    if ((await this.progress()) === 'begun') this.#patienceMs = PATIENCE_WITH_BEGUN_MS;
    const { request: body, mark, reason, moves } = this.#waiting;
    await succeeded(
      this.#clients.ada.POST('/v1/orders', { params: { header: { 'Idempotency-Key': this.#key } }, body }),
    );
    await moves?.(this);
    await this.#until(mark, reason);
  }

  async reportOnceScheduled(kind: DistributionKind): Promise<void> {
    await this.#until('dispatch_scheduled');
    await this.report(kind);
  }

  async report(kind: DistributionKind): Promise<void> {
    const body = { eventId: `history-${kind}`, kind, occurredAt: new Date().toISOString() };
    await succeeded(this.#clients.swift.POST('/v1/orders/{orderId}/distribution-events', { ...this.#params, body }));
  }

  async cancelOnceScheduled(reason: string): Promise<void> {
    await this.#until('dispatch_scheduled');
    if (isEnded((await this.#read()).stage)) return;
    await succeeded(this.#clients.ada.POST('/v1/orders/{orderId}/cancellation', { ...this.#params, body: { reason } }));
  }

  async suspendSeller(): Promise<void> {
    const { sellerId } = this.#waiting.request;
    const params = { path: { sellerId } };
    const { olga } = this.#clients;
    const { name, agent } = await succeeded(olga.GET('/v1/registry/sellers/{sellerId}', { params }));
    const body = { name, agent, status: 'suspended' } as const;
    await succeeded(olga.PUT('/v1/registry/sellers/{sellerId}', { params, body }));
  }

  async present(): Promise<void> {
    const { stage, echeck } = await this.#read();
    if (stage !== 'check_issued') return;
    const { lines, deliverTo } = this.#waiting.request;
    const body = { echeck: echeck?.jws ?? '', lines, deliverTo };
    await succeeded(this.#clients.ada.POST('/v1/orders/{orderId}/presentation', { ...this.#params, body }));
  }

  async #until(type: EventType, reason?: string): Promise<void> {
    for (const deadline = Date.now() + this.#patienceMs; ; await sleep(LOOK_EVERY_MS)) {
      if (await this.#has(type, reason)) return;
      if (Date.now() < deadline) continue;
      const { stage, sellerId, distributorId } = await this.#read();
      throw new Error(`stays ${stage} until ${stage === 'accepted' ? distributorId : sellerId} acts for it`);
    }
  }

  async #has(type: EventType, reason?: string): Promise<boolean> {
    const timeline = await succeeded(this.#clients.olga.GET('/v1/orders/{orderId}/timeline', this.#params));
    return timeline.data.some(
      (event) =>
        event.type === type &&
        (reason === undefined || (event.type === 'attention_raised' && event.body.reason === reason)),
    );
  }

  /** As its buyer, who alone may present its check. */
  #read(): Promise<Order> {
    return succeeded(this.#clients.ada.GET('/v1/orders/{orderId}', this.#params));
  }

  get #params() {
    return { params: { path: { orderId: this.id } } };
  }

  get #key(): string {
    return `history-running-${this.#waiting.number}`;
  }
}
