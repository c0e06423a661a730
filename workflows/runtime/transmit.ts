import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { TransmissionActivities, Transmission, Transmitted } from '../../activities/transmissions/index.ts';
import { NEWS, TRANSMISSION_FAULTS } from '../../domain/party-messages.ts';
import type { TransmissionName } from '../../domain/transmissions.ts';
import { stepPolicies, taskQueues } from '../../temporal.config.ts';
import type { RunningOrder } from './running-order.ts';
import { TRANSMISSION_SUMMARY } from './step-summaries.ts';
import { clearAttention, raiseAttention } from './visibility.ts';
import { continueInNewRun, mayMoveOn, waitFor } from './waiting.ts';

type InputOf<Name extends TransmissionName> = Omit<Parameters<TransmissionActivities[Name]>[0], keyof Transmission>;
type AnswerOf<Name extends TransmissionName> = Awaited<ReturnType<TransmissionActivities[Name]>>;

export interface Transmitting<Name extends TransmissionName> {
  /** The party whose server it goes to. */
  readonly to: string;
  /** What it says beside who takes part. */
  readonly input: InputOf<Name>;
  /** What else ends the wait: something that was said or has happened meanwhile. */
  readonly otherwise?: () => boolean;
  /** How it is waited: while a seller may demand its payment, `waitPaying`. */
  readonly wait?: typeof waitFor;
  /** Default: for as long as it takes. */
  readonly boundMs?: number;
}

type Policy = 'transmissionFirst' | 'transmission';
const queued = { taskQueue: taskQueues.parties } as const;
type AnyTransmission = Record<string, (input: unknown) => Promise<Transmitted>>;
const proxies = {
  transmissionFirst: proxyActivities<AnyTransmission>({ ...stepPolicies.transmissionFirst, ...queued }),
  transmission: proxyActivities<AnyTransmission>({ ...stepPolicies.transmission, ...queued }),
} as const;

/** So many changes of what is wrong are followed: a server that fails in another way each time does not fill the history. */
const MOST_FOLLOWED = 20;

/**
 * Sends one message to a party's own server until the party has signed for it, and returns what its receipt says. A regular
 * activity from its first attempt on: it may take long, and Temporal shows its attempts and its last error. When no receipt
 * comes within seconds the order says that it waits for that party, and why, and goes on trying; at once when an operator or
 * a change of the registry asks for it. `undefined`: something else ended the wait, or time ran out. A message that was
 * receipted is not sent again.
 */
export async function transmit<Name extends TransmissionName>(
  order: RunningOrder,
  name: Name,
  transmitting: Transmitting<Name>,
): Promise<AnswerOf<Name> | undefined> {
  const key = keyOf(name, transmitting.input);
  const known = order.receipts.get(key);
  if (known) return known as AnswerOf<Name>;
  try {
    const answer = await untilReceipted(order, name, transmitting);
    if (answer) order.receipts.set(key, answer);
    clearAttention(order, name);
    return answer as AnswerOf<Name> | undefined;
  } catch (fault) {
    // A new run goes on with it, and with its attention.
    if (!(fault instanceof ContinueAsNew)) clearAttention(order, name);
    throw fault;
  }
}

/** One order has several messages of a kind where they have a number. */
function keyOf(name: TransmissionName, input: object): string {
  return 'attempt' in input ? `${name}:${String(input.attempt)}` : name;
}

async function untilReceipted<Name extends TransmissionName>(
  order: RunningOrder,
  name: Name,
  transmitting: Transmitting<Name>,
): Promise<Transmitted | undefined> {
  const { to, otherwise = () => false, wait = waitFor, boundMs = Infinity } = transmitting;
  const endsAt = Date.now() + boundMs;
  const until = (whom: string, ready: () => boolean) =>
    wait(order, whom, ready, endsAt === Infinity ? undefined : Math.max(1, endsAt - Date.now()));
  for (let followed = 0; ; followed += 1) {
    const before = order.inbox.retries;
    const askedAgain = () => order.inbox.retries > before;
    const attempt = begin(order, name, transmitting, followed < MOST_FOLLOWED);
    const isToEnd = () => askedAgain() || mayMoveOn(order, 1);
    await until(to, () => attempt.isOver || otherwise() || isToEnd());
    const goesOn = isToEnd() && !otherwise();
    if (!attempt.isOver) attempt.cancel();
    // The next attempt begins when this one has come to its end: one message at a time, and its receipt may just have come.
    if (goesOn) await condition(() => attempt.isOver);
    if (attempt.answer) return attempt.answer;
    if (otherwise() || Date.now() >= endsAt) return undefined;
    if (mayMoveOn(order)) await continueInNewRun(order);
    if (goesOn || attempt.failure === undefined) continue;
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`${name} was cancelled`);
    showFailure(order, name, to, attempt.failure);
    if (!isHopeless(attempt.failure)) continue;
    await until('operator', () => askedAgain() || otherwise());
    if (otherwise() || Date.now() >= endsAt) return undefined;
  }
}

/** An attempt that is under way, with Temporal's own repetitions. */
interface Attempt {
  over: Promise<void>;
  isOver: boolean;
  answer?: Transmitted;
  failure?: unknown;
  cancel(): void;
}

function begin<Name extends TransmissionName>(
  order: RunningOrder,
  name: Name,
  { to, input }: Transmitting<Name>,
  follows: boolean,
): Attempt {
  const { orderId, buyerId, sellerId, distributorId } = order.input;
  const shown = order.attention.get(name)?.reason;
  const policy: Policy = shown === undefined ? 'transmissionFirst' : 'transmission';
  const parties: Transmission = { orderId, buyerId, sellerId, distributorId, shown: follows ? shown : null };
  const run = proxies[policy][name];
  if (!run) throw new Error(`no transmission ${name}`);
  const options = { ...stepPolicies[policy], ...queued, summary: TRANSMISSION_SUMMARY[name], priority: shareOf(to) };
  const scope = new CancellationScope();
  const attempt: Attempt = { isOver: false, over: Promise.resolve(), cancel: () => scope.cancel() };
  const running = scope.run(() => run.executeWithOptions(options, [{ ...parties, ...input }]));
  attempt.over = follow(attempt, running);
  order.lastAttempt = bothOver(order.lastAttempt, attempt.over);
  order.underWay += 1;
  const ended = () => {
    order.underWay -= 1;
  };
  // Beside the attempt, not around it: its answer takes no longer, which older histories depend on.
  void running.then(ended, ended);
  return attempt;
}

/** A seller is notified that it was paid while the order waits for another server: neither of the two is forgotten. */
async function bothOver(one: Promise<void> | undefined, other: Promise<void>): Promise<void> {
  await one;
  await other;
}

/** Never throws: whoever waits for the attempt looks at what has become of it. */
async function follow(attempt: Attempt, running: Promise<Transmitted>): Promise<void> {
  try {
    attempt.answer = await running;
  } catch (failure) {
    attempt.failure = failure;
  } finally {
    attempt.isOver = true;
  }
}

/** Where the server has it, each party has its fair share of the queue: one whose server hangs delays no other's orders. */
function shareOf(party: string): { readonly fairnessKey: string } {
  return { fairnessKey: party.slice(0, 64) };
}

function showFailure(order: RunningOrder, name: TransmissionName, to: string, failure: unknown): void {
  const { reason, message } = faultOf(failure);
  order.errors.set(name, message);
  const isTheirs = TRANSMISSION_FAULTS.some((fault) => fault === reason);
  if (isHopeless(failure)) raiseAttention(order, name, `Parked:${reason}`, 'operator');
  else raiseAttention(order, name, reason, isTheirs ? to : 'check-office');
}

/** No repetition changes it: an operator decides. */
function isHopeless(failure: unknown): boolean {
  const cause = causeOf(failure);
  if (!(cause instanceof ApplicationFailure) || cause.nonRetryable !== true) return false;
  return cause.details?.[0] !== NEWS;
}

/** What is wrong, and one short line of it. A time-out says what the attempt before it failed with. */
function faultOf(failure: unknown): { readonly reason: string; readonly message: string } {
  const cause = causeOf(failure);
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  const message = line.slice(0, 200);
  if (cause instanceof ApplicationFailure) return { reason: cause.type ?? 'StepFailed', message };
  return { reason: cause instanceof TimeoutFailure ? 'TimedOut' : 'StepFailed', message };
}

function causeOf(failure: unknown): unknown {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  return cause instanceof TimeoutFailure && cause.cause instanceof ApplicationFailure ? cause.cause : cause;
}
