import type { EntityManager } from '@mikro-orm/postgresql';
import { adviceFor, type Advice } from '../../domain/advice.ts';
import { ATTENTION_REASONS, reasonKind, waitingOnFor, WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import { REPORT_AFTER_END, type SituationReport } from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import { type Attention, isEnded, type Stage, STAGES } from '../../domain/order.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';
import type { OrderHealth, PendingStep, WorkOnOrder } from '../../platform/order-health/health.ts';
import { readOrder, readReports, type OrderRecord } from '../orders/index.ts';
import { withTrueCause } from './true-cause.ts';
import { STILL_AFTER_MS } from '../../platform/order-health/still.ts';
import { notMoving } from './list.ts';
import { isMarkOf } from './marks.ts';
import { stillOrders } from './still.ts';
import { waitOf } from './waiting.ts';

/** Where an order stands, what is wrong with it and what to do: everything that books and Temporal know of it together. */
export interface Diagnosis {
  readonly orderId: OrderId;
  /** What is on record; absent while the books cannot be read, or where they hold no such order. */
  readonly record?: OrderRecord;
  /** Its latest workflow; absent while Temporal cannot be asked, or where it knows none. */
  readonly work?: WorkOnOrder;
  /** As far as is known. */
  readonly stage: Stage;
  /** What is wrong, by its true cause; `null` when nothing is. */
  readonly attention: Attention | null;
  /** What the cause means, and what to do about it. */
  readonly meaning?: string;
  readonly whatToDo?: string;
  /** The step that is being tried; absent when none is. */
  readonly trying?: PendingStep;
  /** For whom it waits: to help it, or to act. */
  readonly waitingOn: string | null;
  /** The report that the attention is about. */
  readonly report?: SituationReport;
  /** Which decisions of an operator would help. */
  readonly advice: readonly Advice[];
}

/** Whom to ask: what cannot be asked is absent. */
export interface Asked {
  readonly books?: EntityManager;
  readonly health?: OrderHealth;
}

/** Looks into one order; `undefined` when neither the books nor Temporal know it. */
export async function diagnose({ books, health }: Asked, orderId: OrderId): Promise<Diagnosis | undefined> {
  const [record, work] = await Promise.all([books && readOrder(books, orderId), health?.work(orderId)]);
  if (!record && !work) return undefined;
  const stage = record?.view.stage ?? STAGES.find((one) => one === work?.attributes.stage) ?? 'requested';
  const attention = (await trueCause({ orderId, stage, record, work, health })) ?? (await still(books, orderId, work));
  const report = books && attention?.reason === REPORT_AFTER_END.reason ? await reportOf(books, orderId) : undefined;
  const waitsFor = attention || !books ? undefined : (await waitOf(books, orderId))?.waitingFor;
  const runs = work?.state === 'running' || !health;
  return {
    orderId,
    record,
    work,
    stage,
    attention,
    ...(attention && adviceOn(attention)),
    trying: tryingAt(attention?.step, work),
    waitingOn: attention?.waitingOn ?? waitsFor ?? null,
    report,
    advice: adviceFor({ stage, attention, runs, waitsFor }),
  };
}

function adviceOn({ reason }: Attention): { readonly meaning: string; readonly whatToDo: string } {
  const { meaning, whatToDo } = ATTENTION_REASONS[reasonKind(reason)];
  return { meaning, whatToDo };
}

/** The step that the attention is about, otherwise whichever has failed. */
function tryingAt(step: string | undefined, work: WorkOnOrder | undefined): PendingStep | undefined {
  const pending = work?.pending ?? [];
  return pending.find((one) => one.step === step) ?? pending.find(({ lastFailure }) => lastFailure !== undefined);
}

interface Known {
  readonly orderId: OrderId;
  readonly stage: Stage;
  readonly record?: OrderRecord;
  readonly work?: WorkOnOrder;
  readonly health?: OrderHealth;
}

/** The same precedence as in the list: what keeps an order from going on outweighs what it says itself. */
async function trueCause({ orderId, stage, record, work, health }: Known): Promise<Attention | null> {
  const said = record ? record.view.attention : ownWord(work);
  if (!health || (record && isEnded(stage))) return said;
  const found = gone(record, work, said) ?? (await hindrance(health, orderId, { work, said })) ?? said;
  return found && (await withTrueCause(health, { id: orderId, place: '', stage, attention: found })).attention;
}

/** It does not move, and nothing says why. */
async function still(
  books: EntityManager | undefined,
  orderId: OrderId,
  work: WorkOnOrder | undefined,
): Promise<Attention | null> {
  const [found] = books ? await stillOrders(books, orderId) : [];
  if (found) return notMoving(found.since.toISOString());
  const isUndecided = work?.state === 'running' && work.attributes.stage === 'requested';
  const isStill = isUndecided && Date.now() - work.startedAt.getTime() > STILL_AFTER_MS;
  return isStill ? notMoving(work.startedAt.toISOString()) : null;
}

/** By its search attributes, while its row cannot be read. */
function ownWord(work: WorkOnOrder | undefined): Attention | null {
  const own = work?.state === 'running' ? work.attributes.attention : undefined;
  if (!work || !own) return null;
  const { step, reason, since = work.startedAt } = own;
  return { step, reason, since: since.toISOString(), waitingOn: waitingOnFor(reason) };
}

/** No workflow works on an order that is open. Without its row nobody knows whether one that ended well has left anything undone. */
function gone(record: OrderRecord | undefined, work: WorkOnOrder | undefined, said: Attention | null) {
  const state = work?.state ?? 'WorkflowMissing';
  if (state === 'running' || (!record && state === 'WorkflowCompleted')) return undefined;
  if (said && isMarkOf(said) && said.reason === state) return said;
  return ofWorkflow(state, work?.closedAt ?? new Date(record?.view.updatedAt ?? Date.now()));
}

/** Its workflow fails, or nobody runs it; what the order says itself is more exact than that. */
async function hindrance(
  health: OrderHealth,
  orderId: OrderId,
  { work, said }: Pick<Known, 'work'> & { said: Attention | null },
) {
  const failure = await health.taskFailure(orderId);
  if (failure) return ofWorkflow('WorkflowTaskFailing', failure.since);
  if (said) return undefined;
  const { reason, unpolledVersions } = await health.taskQueue();
  const startedAt = work?.startedAt ?? new Date();
  const pinned = unpolledVersions.find(({ version }) => version === work?.pinnedVersion);
  if (pinned) return ofWorkflow(`NoWorkerOfVersion:${pinned.version}`, startedAt);
  if (reason !== undefined) return ofWorkflow(reason, startedAt);
  const silent = await health.taskTimeout(orderId);
  return silent && ofWorkflow('WorkerSilent', silent);
}

function ofWorkflow(reason: string, since: Date): Attention {
  return { step: WORKFLOW_STEP, reason, since: since.toISOString(), waitingOn: 'operator' };
}

/** The report that the attention is about; where nothing says which, the last one. */
async function reportOf(books: EntityManager, orderId: OrderId): Promise<SituationReport | undefined> {
  const raised = await books.findOne(
    OrderEvent,
    { orderId, type: 'attention_raised' },
    { orderBy: { id: 'desc' }, disableIdentityMap: true },
  );
  const eventId = raised?.body['eventId'];
  return (await readReports(books, orderId, typeof eventId === 'string' ? eventId : undefined)).at(-1);
}
