import { readFile } from 'node:fs/promises';
import {
  createCountersignClient,
  type components,
  type CountersignClient,
  type Money,
  type Problem,
} from '../../client/index.ts';
import type { ApiKeySource, Settings } from './settings.ts';

/** What an offer says at the office; `price` in minor units. */
export type Offer = components['schemas']['Offer'];
export type SettleOn = 'delivery' | 'notice';

/** The office has answered: it is done, or why not, in its own words; `slug` names the problem. */
export type Answer<T> = { readonly done: T } | { readonly slug: string; readonly refused: string };

/** What the shop asks of the check office, by its published client and with the shop's own API key. */
export interface OfficeApi {
  /** Claim 2: only the office knows what has become of a check and of its account. */
  validate(echeck: string): Promise<{ readonly valid: boolean; readonly reason?: string }>;
  /** When the shop is paid for that order. */
  settleOn(orderId: string): Promise<SettleOn>;
  /** Claims 5 and 7: the check, and the shop's own reference. Repeated as often as need be: it is paid once. */
  demand(echeck: string, reference: string): Promise<Answer<Money>>;
  accept(orderId: string): Promise<Answer<unknown>>;
  refuse(orderId: string, reason: string): Promise<Answer<unknown>>;
  /** From now on these are offered at these charges; what is not named stays. */
  offer(offers: readonly Offer[]): Promise<Answer<unknown>>;
}

/** The office is away, overloaded, or does not know the shop's key: the same may be asked again later. */
export class OfficeAway extends Error {
  override readonly name = 'OfficeAway';
}

/** The office waits for an order's workflow before it answers. */
const PATIENCE_MS = 15_000;
/** It waits 10 seconds for the receipt that this question stands before. */
const VALIDATION_PATIENCE_MS = 7_000;

export function createOfficeApi({ officeUrl, apiKey }: Pick<Settings, 'officeUrl' | 'apiKey'>): OfficeApi {
  const ask = <T>(call: Call<T>, patienceMs = PATIENCE_MS): Promise<Answer<T>> =>
    answerTo(async () => {
      const api = createCountersignClient({ baseUrl: officeUrl, token: await keyFrom(apiKey) });
      return call(api, AbortSignal.timeout(patienceMs));
    });
  return {
    async validate(echeck) {
      const call: Call<{ valid: boolean; reason?: string }> = (api, signal) =>
        api.POST('/v1/echecks/validation', { body: { echeck }, signal });
      return certain(await ask(call, VALIDATION_PATIENCE_MS));
    },
    async settleOn(orderId) {
      const params = { path: { orderId } };
      const order = certain(await ask((api, signal) => api.GET('/v1/orders/{orderId}', { params, signal })));
      return order.settleOn ?? 'delivery';
    },
    async demand(echeck, reference) {
      const body = { echeck, reference };
      const demanded = await ask((api, signal) => api.POST('/v1/payment-demands', { body, signal }));
      return 'done' in demanded ? { done: demanded.done.amount } : demanded;
    },
    accept(orderId) {
      const params = { path: { orderId } };
      return ask((api, signal) => api.POST('/v1/orders/{orderId}/acceptance', { params, signal }));
    },
    refuse(orderId, reason) {
      const call = { params: { path: { orderId } }, body: { reason } };
      return ask((api, signal) => api.POST('/v1/orders/{orderId}/refusal', { ...call, signal }));
    },
    offer(offers) {
      const body = { commodities: [...offers] };
      return ask((api, signal) => api.PATCH('/v1/registry/self', { body, signal }));
    },
  };
}

type Call<T> = (api: CountersignClient, signal: AbortSignal) => Promise<Reply<T>>;

interface Reply<T> {
  readonly data?: T;
  readonly error?: Partial<Problem>;
  readonly response: Response;
}

/** These say nothing about what was asked: the key is to be replaced, or the office has too much to do. */
const NOT_NOW: readonly number[] = [401, 403, 408, 425, 429];

async function answerTo<T>(call: () => Promise<Reply<T>>): Promise<Answer<T>> {
  const { data, error, response } = await call().catch((cause: unknown) => {
    throw new OfficeAway('the office cannot be reached', { cause });
  });
  if (data !== undefined) return { done: data };
  const { status } = response;
  if (status >= 500 || NOT_NOW.includes(status)) throw new OfficeAway(`the office answers ${status}`);
  return {
    slug: error?.type?.split('/').at(-1) ?? String(status),
    refused: error?.detail ?? `the office answers ${status}`,
  };
}

/** What cannot be refused but by an error in this program, or in the office's. */
function certain<T>(answer: Answer<T>): T {
  if ('done' in answer) return answer.done;
  throw new OfficeAway(`the office refuses: ${answer.slug}`);
}

async function keyFrom(source: ApiKeySource): Promise<string> {
  return 'key' in source ? source.key : (await readFile(source.file, 'utf8')).trim();
}
