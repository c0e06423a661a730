import { Webhook } from 'standardwebhooks';
import { retryAfterMs } from '../domain/retry-after.ts';
import type { AttemptFailure } from '../office/webhooks/health.ts';
import type { DueDelivery } from '../office/webhooks/attempts.ts';
import { ForbiddenTargetError, postJson, type OutgoingAnswer } from '../platform/outgoing.ts';
import { ForgottenError, type Sealer } from '../platform/sealing.ts';

export interface SendingDeps {
  readonly sealer: Sealer;
  /** Private and loopback targets, and plain http, are allowed. */
  readonly allowPrivateTargets: boolean;
}

/**
 * From the first look-up of the name to the last header of the answer. Tries of a failing receiver have it, too: with less, one
 * that is slow and otherwise well would never be found well again.
 */
const TIMEOUT_MS = 10_000;

/** Statuses whose `Retry-After` says when the receiver wants to be asked again. */
const BUSY = [429, 503];

/** Sends one event, signed as Standard Webhooks has it. Returns what went wrong; `undefined`: it has arrived. */
export async function sendEvent(due: DueDelivery, deps: SendingDeps): Promise<AttemptFailure | undefined> {
  const { event, orderId, url } = due;
  const body = JSON.stringify({ type: event.type, timestamp: event.occurredAt, data: { orderId, ...event } });
  const secrets = await openSecrets(due, deps.sealer);
  if (!secrets) return { message: 'the party was forgotten', disable: 'party_forgotten' };
  const headers = signed(`evt_${event.id}`, secrets, body);
  try {
    const { allowPrivateTargets: allowPrivate } = deps;
    return failureOf(await postJson({ url, body, headers, timeoutMs: TIMEOUT_MS, allowPrivate }));
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the receiver cannot be reached';
    const forbidden = error instanceof ForbiddenTargetError;
    return { message: message.slice(0, 200), ...(forbidden && { disable: 'forbidden_target' }) };
  }
}

function failureOf({ status, retryAfter }: OutgoingAnswer): AttemptFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const message = `the receiver answered ${status}`;
  if (status === 410) return { message, disable: 'gone' };
  return { message, retryAfterMs: BUSY.includes(status) ? retryAfterMs(retryAfter, new Date()) : undefined };
}

/** A party that was forgotten took its secrets along: nothing can be signed for it any more. */
async function openSecrets({ sealedSecrets }: DueDelivery, sealer: Sealer): Promise<string[] | undefined> {
  try {
    return await Promise.all(sealedSecrets.map((sealed) => sealer.open<string>(sealed)));
  } catch (error) {
    if (error instanceof ForgottenError) return undefined;
    throw error;
  }
}

function signed(id: string, secrets: readonly string[], body: string): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
