import type { CountersignClient, Problem } from '../../../client/index.ts';
import type { Call } from '../entities/call.entity.ts';
import { REPORTS, type Report } from '../jobs/states.ts';

/** What the check office answered. */
export type CallResult =
  /** It need not be asked again. */
  | { readonly kind: 'done'; readonly answer: string }
  /** Asked again, `soon` when nobody has judged it: the office is away, or busy. */
  | { readonly kind: 'again'; readonly answer: string; readonly soon: boolean }
  /** Its terms do not allow the date. `nextPossible`: RFC 3339, absent where there is none. */
  | { readonly kind: 'outside_service'; readonly nextPossible?: string }
  /** Where the order stands. */
  | { readonly kind: 'stage'; readonly stage: string };

const TIMEOUT_MS = 10_000;
/** What may be otherwise tomorrow: the order is not ours yet, a key is being replaced, the company is suspended. */
const NOT_NOW = [401, 403, 404, 408, 425, 429];
const ENDED = ['completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'];

/** Makes one call. Whatever goes wrong on the way is an `again`: every call may be repeated. */
export async function makeCall(client: CountersignClient, call: Call): Promise<CallResult> {
  try {
    return await CALLS[call.operation](client, call);
  } catch (error) {
    return { kind: 'again', answer: `no answer: ${error instanceof Error ? error.name : 'unknown'}`, soon: true };
  }
}

const CALLS = { report, fix_date: fixDate, look_up: lookUp } as const;

/**
 * The driver's report (claim 23 for a delivery). The event's id is the call's key. A text that the office does not take must not
 * keep from it that the goods are there: then the report goes without.
 */
async function report(client: CountersignClient, { orderId, key: eventId, body }: Call): Promise<CallResult> {
  const { kind, occurredAt = '', receivedBy, note } = body;
  if (!isReport(kind)) throw new TypeError(`${String(kind)} is no report`);
  const send = async (texts: { receivedBy?: string; note?: string }) => {
    const event = { eventId, kind, occurredAt, ...texts };
    const sent = await client.POST('/v1/orders/{orderId}/distribution-events', { ...about(orderId), body: event });
    return { error: sent.error, result: answered(sent.response, sent.error) };
  };
  const { error, result } = await send({ receivedBy, note });
  const hasText = receivedBy !== undefined || note !== undefined;
  return hasText && slugOf(error) === 'invalid-request' ? (await send({})).result : result;
}

async function fixDate(client: CountersignClient, { orderId, body }: Call): Promise<CallResult> {
  const { error, response } = await client.POST('/v1/orders/{orderId}/schedule', {
    ...about(orderId),
    body: { deliverAt: body['deliverAt'] ?? '' },
  });
  if (slugOf(error) !== 'outside-service') return answered(response, error);
  const { nextPossible } = Object(error) as { readonly nextPossible?: unknown };
  return { kind: 'outside_service', ...(typeof nextPossible === 'string' && { nextPossible }) };
}

/** What became of the order. */
async function lookUp(client: CountersignClient, { orderId }: Call): Promise<CallResult> {
  const { data, error, response } = await client.GET('/v1/orders/{orderId}', about(orderId));
  return data ? { kind: 'stage', stage: data.stage } : answered(response, error);
}

/** True when an order of that stage changes no more. */
export function isFinal(stage: string): boolean {
  return ENDED.includes(stage);
}

function about(orderId: string) {
  return { params: { path: { orderId } }, signal: AbortSignal.timeout(TIMEOUT_MS) };
}

function answered({ status, ok }: Response, error: unknown): CallResult {
  const answer = ok ? String(status) : `${status} ${slugOf(error) ?? ''}`.trim();
  if (ok) return { kind: 'done', answer };
  if (status >= 500) return { kind: 'again', answer, soon: true };
  const isForLater = NOT_NOW.includes(status) || slugOf(error) === 'party-suspended';
  return isForLater ? { kind: 'again', answer, soon: false } : { kind: 'done', answer };
}

function slugOf(error: unknown): string | undefined {
  const { type } = Object(error) as Partial<Problem>;
  return typeof type === 'string' ? type.split('/').at(-1) : undefined;
}

function isReport(kind: string | undefined): kind is Report {
  const reports: readonly (string | undefined)[] = REPORTS;
  return reports.includes(kind);
}
