import type { EntityManager } from '@mikro-orm/postgresql';
import { type OrderActivities, createOrderActivities } from '../activities/index.ts';
import { createPost } from '../activities/transmissions/post.ts';
import { createSends } from '../activities/transmissions/index.ts';
import type { Transmission, Transmitted } from '../activities/transmissions/index.ts';
import { checkNumberOf, type OrderId } from '../domain/ids.ts';
import type { Decided, Ending } from '../domain/order.ts';
import { type CheckSigning, passStatusIndex, stopCheck } from '../office/checks/index.ts';
import type { MessageDeps } from '../office/messages/index.ts';
import { checkValidated, decideEnding, isCheckValidated, noteEvents } from '../office/orders/index.ts';
import type { OrderInput } from '../workflows/messages/definitions.ts';
import { decidedBeside, kindOf, stepName } from './knowledge.ts';
import { STOP, timesOf } from './untold-steps.ts';
import type { ToldStep } from './replaying.ts';

/** What is needed to take steps again. */
export interface RedoDeps extends Omit<MessageDeps, 'signing' | 'clock'> {
  /** Verifies checks as of a moment, which is when they were presented. */
  readonly signingAt: (now: () => number) => CheckSigning;
}

/** What came of taking a step again: nothing where it is as its history says; otherwise what differs, in words. */
export type Differs = string | undefined;

/**
 * Takes a step again as its history says that it was taken: by the same function, with the same input and under the same key, at the time of then. It
 * is right when its answer is the same; whatever differs is for a person. Throws what the step throws.
 */
export async function redo(deps: RedoDeps, order: OrderInput, step: ToldStep): Promise<Differs> {
  if (step.isTransmission) return sendAgain(deps, step);
  if (step.name === STOP) return stopAgain(deps, order.orderId, step);
  const name = stepName(step);
  if (!name) return undefined;
  if (decidedBeside(step)) return decideAgain(deps, order, (step.answer as Decided).ending);
  if (name === 'acceptOrder') await validatedBySite(deps, order, step);
  const steps = stepsOfThen(deps, { ...step, at: timeOf(step, order) });
  const take = steps[name] as (input: unknown) => Promise<unknown>;
  return differenceOf(step, await take(inputOf(step)));
}

/** The goods are made ready from the promise on, whose time no history says: a date that was fixed is judged from the request on. */
function timeOf({ name, at }: ToldStep, { requestedAt }: OrderInput): Date {
  const requested = new Date(requestedAt);
  return (name === 'scheduleDispatch' || name === 'changeDate') && requested < at ? requested : at;
}

/** The date that was fixed then is the date: it is not planned again. Nor is promised again what was withheld. */
function inputOf({ name, input, answer }: ToldStep): unknown {
  const { deliverAt, withheld } = (answer ?? {}) as { readonly deliverAt?: string; readonly withheld?: boolean };
  if (name === 'validateCheck' && withheld) return { ...(input as object), sellerAgent: 'manual' };
  return name === 'scheduleDispatch' || name === 'rescheduleDispatch' ? { ...(input as object), deliverAt } : input;
}

/** The steps with the clock of then; the check is the very one that was signed then. */
function stepsOfThen({ orm, sealer, signingAt }: RedoDeps, step: ToldStep): OrderActivities {
  const jws = jwsOf(step.answer);
  const { now, lifetimeMs } = jws ? timesOf(jws) : { now: step.at, lifetimeMs: 0 };
  const signing = signingAt(() => now.getTime());
  return createOrderActivities({
    orm,
    sealer,
    signing: jws ? { ...signing, signCheck: () => signedThen(orm.em.fork(), signing, jws) } : signing,
    clock: () => now,
    checkLifetimeMs: lifetimeMs,
  });
}

type Issued = Awaited<ReturnType<OrderActivities['issueCheck']>>;

/** The check in the answer of a step that issued one. */
function jwsOf(answer: unknown): string | undefined {
  if (kindOf(answer) !== 'issued') return undefined;
  return (answer as Extract<Issued, { kind: 'issued' }>).order.echeck?.jws;
}

/** The check as it was signed: it keeps its place in the status list. */
async function signedThen(em: EntityManager, signing: CheckSigning, jws: string) {
  const verified = await signing.verifyCheck(jws);
  if (!verified.ok) throw new Error(`the check of its history is none of this office: ${verified.detail}`);
  const { kid, statusList } = verified;
  await passStatusIndex(em, statusList.idx);
  return { jws, kid, statusIndex: statusList.idx };
}

/** A message to a party's server that is not in the book any more: sent again, so that its receipt is. */
async function sendAgain(deps: RedoDeps, step: ToldStep): Promise<Differs> {
  if (step.name === 'presentToSeller' && kindOf(step.answer) === 'promised') {
    const { orderId, sellerId } = step.input as Transmission;
    await validated(deps, orderId, sellerId);
  }
  const now = () => new Date();
  const signing = deps.signingAt(Date.now);
  const post = createPost({ ...deps, signing, clock: now });
  const send: typeof post.send = (message) => post.send({ ...message, sentAt: step.at });
  const sends = createSends({ ...deps, signing, clock: now, post: { ...post, send } });
  const again = sends[step.name as keyof typeof sends] as (input: unknown, signal: AbortSignal) => Promise<Transmitted>;
  return differenceOf(step, await again(step.input, new AbortController().signal));
}

/** A seller with a server of its own has the check validated by a request beside the workflow, without which nothing of its promise was taken. */
async function validatedBySite(deps: RedoDeps, { orderId }: OrderInput, { input }: ToldStep): Promise<void> {
  const { sellerId, sellerAgent } = input as Parameters<OrderActivities['acceptOrder']>[0];
  if (sellerAgent === 'site') await validated(deps, orderId, sellerId);
}

async function validated({ orm }: RedoDeps, orderId: OrderId, sellerId: string): Promise<void> {
  const em = orm.em.fork();
  if (await isCheckValidated(em, orderId)) return;
  await noteEvents(em, orderId, [checkValidated({ sellerId, number: checkNumberOf(orderId) })]);
}

/** The buyer, or the office itself, has stopped the check, which was done beside the workflow. */
async function stopAgain({ orm }: RedoDeps, orderId: OrderId, { input }: ToldStep): Promise<Differs> {
  const { actor, reason } = input as { readonly actor?: string | null; readonly reason: string };
  const by = actor ?? 'check-office';
  const stopped = await stopCheck(orm, { number: checkNumberOf(orderId), actor: by, reason });
  return stopped.ok ? undefined : `the check was stopped, and now it is not: ${stopped.detail}`;
}

async function decideAgain({ orm }: RedoDeps, order: OrderInput, ending: Ending): Promise<Differs> {
  const decision = await orm.em.fork().transactional((tx) => decideEnding(tx, order, ending));
  if (decision.kind === 'decided' && decision.ending.stage === ending.stage) return undefined;
  return `it was decided that the order ends as ${ending.stage}, and now it is ${decision.kind}`;
}

function differenceOf({ name, answer }: ToldStep, now: unknown): Differs {
  if (jwsOf(answer) !== jwsOf(now)) return `${name}: another check is on record`;
  const [then, today] = [inWords(answer), inWords(now)];
  // Older histories hold no answer of some steps.
  if (then === today || (answer === undefined && kindOf(now) === 'done')) return undefined;
  return `${name}: its history says ${then}, and now it is ${today}`;
}

/** An answer without anything personal: its kind, and by what it is told from others of its kind. */
function inWords(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return typeof answer === 'string' ? answer : 'done';
  const { kind, reason, party, deliverAt, ending, refusal } = answer as Record<string, unknown>;
  const more = [reason, party, deliverAt, stageIn(ending), codeIn(refusal)].filter((part) => part !== undefined);
  return [kind, ...more].map(String).join(' ');
}

function stageIn(ending: unknown): unknown {
  return (ending as Ending | undefined)?.stage;
}

function codeIn(refusal: unknown): unknown {
  return (refusal as { readonly code?: string } | undefined)?.code;
}
