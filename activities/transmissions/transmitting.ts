import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failureOf } from '../../domain/faults.ts';
import { NEWS } from '../../domain/party-messages.ts';
import { recipientOf, type TransmissionName } from '../../domain/transmissions.ts';
import { isHopeless } from '../runtime/failures.ts';
import type { Transmission } from './deps.ts';
import type { Places } from './places.ts';

type Send = (input: never, signal: AbortSignal) => Promise<unknown>;
type Sends = { readonly [Name in TransmissionName]: Send };
type Transmissions<All extends Sends> = {
  [Name in keyof All & TransmissionName]: (this: void, input: Parameters<All[Name]>[0]) => ReturnType<All[Name]>;
};

/** How often an attempt says that it lives, so that a cancel reaches it and a dead worker is missed. */
const HEARTBEAT_MS = 1_000;

/**
 * Sends as Temporal's activities: each within its party's places, heartbeating, ended by a cancel, its faults named by a short stable
 * type. An attempt that brings news of what is wrong ends the row of attempts, so that the order can show it.
 */
export function transmitting<All extends Sends>(sends: All, places: Places): Transmissions<All> {
  const named = Object.entries(sends).map(([name, send]) => [name, attempt(name as TransmissionName, send, places)]);
  return Object.fromEntries(named) as Transmissions<All>;
}

function attempt(name: TransmissionName, send: Send, places: Places) {
  const recipient = `${recipientOf(name)}Id` as const;
  return async (input: Transmission): Promise<unknown> => {
    const beganAt = Date.now();
    const { cancellationSignal } = Context.current();
    const beating = setInterval(() => Context.current().heartbeat(), HEARTBEAT_MS);
    try {
      return await places.run(input[recipient], cancellationSignal, () => send(input as never, cancellationSignal));
    } catch (error) {
      if (cancellationSignal.aborted) throw new CancelledFailure('the attempt was cancelled');
      throw failed(error, input.shown, Date.now() - beganAt);
    } finally {
      clearInterval(beating);
    }
  };
}

/** The order shows nothing yet, and the server takes so long to fail that nobody should wait for a repetition to see it. */
const LONG_MS = 3_000;

function failed(error: unknown, shown: Transmission['shown'], tookMs: number): ApplicationFailure {
  const { fault: type, message } = failureOf(error);
  if (isHopeless(type)) return ApplicationFailure.create({ message, type, nonRetryable: true });
  const isNews = shown === undefined ? tookMs > LONG_MS : shown !== null && shown !== type;
  return ApplicationFailure.create({ message, type, nonRetryable: isNews, ...(isNews && { details: [NEWS] }) });
}
