import { CancellationScope } from '@temporalio/workflow';
import type { CheckRefusal } from '../../domain/echeck.ts';
import {
  type Attention,
  type OrderLine,
  type OrderView,
  type PricedLine,
  type SettleOn,
  MOVES,
  mayMove,
  type Stage,
  type Ending,
} from '../../domain/order.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { Agent } from '../../domain/party.ts';
import type { PaymentDemanding } from '../../domain/settlement.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import type { Decision, OrderInput } from '../messages/definitions.ts';
import type { Transmitted } from '../../activities/transmissions/index.ts';
import { isDecisive, type SituationReport } from '../../domain/delivery.ts';

/**
 * All that a workflow knows of its order. Handlers of messages write to the inbox and nowhere else; the steps take out of it
 * what they have used up, and write the rest.
 */
export interface RunningOrder {
  input: OrderInput;
  readonly inbox: Inbox;
  stage: Stage;
  /** Every stage that it has been in. */
  readonly reached: Set<Stage>;
  /** What the POST waits for. */
  decision?: Decision;
  /** The lines with the seller's charges of the moment. */
  priced?: { readonly lines: readonly PricedLine[]; readonly charge: MoneyJson };
  agents: { presentation: Agent; payment: Agent; seller: Agent; distributor: Agent };
  /** The order as it was when its check was issued. */
  issued?: OrderView & { readonly echeck: NonNullable<OrderView['echeck']>; readonly charge: MoneyJson };
  /** What became of the presentation that was validated last. */
  validated?: { readonly presentation?: Presentation; readonly verdict: CheckRefusal | 'valid' };
  /** Who demands the payment: the office in the seller's name, or the seller itself. */
  paymentDemand: PaymentDemanding;
  /** The retries that were asked for when it was last asked who demands. */
  demandAskedAt: number;
  /** The seller's agent promises as soon as the seller may: it was suspended when the check was presented. */
  promiseDue?: boolean;
  /** What a suspended party said last: nothing came of it, and it is answered so. */
  withheld?: object;
  /** What the seller's acceptance through the API lacked: it has not had the check validated (claim 2), and is answered so. */
  unvalidated?: object;
  /** What the parties' own servers have signed for, by message. */
  readonly receipts: Map<string, Transmitted>;
  /** How many attempts to send a message are under way. */
  underWay: number;
  /** Ends when every attempt to send a message has come to its end. */
  lastAttempt?: Promise<void>;
  /** The payment indication is on record. */
  paymentIndicated: boolean;
  /** The instruction to a distributor that fixes the date itself is on record. */
  instructed?: boolean;
  /** The distributor was instructed and fixes the date by hand. */
  awaitsSchedule: boolean;
  /** The date by hand that was refused last, and why: whoever sent it gets that answer. */
  dateRefused?: DateRefused & { readonly schedule: Inbox['schedule'] };
  /** The move of the date that took effect last: whoever sent it gets that answer. */
  dateChanged?: Inbox['newDate'];
  deliverAt?: string;
  /** So many failed attempts the date takes into account. */
  plannedAfter: number;
  /** No new date was possible after a failed attempt: it is planned again when more retries were asked for than these. */
  replanAfter?: number;
  overdue: boolean;
  /** The seller was paid: an early end is now a refund. */
  paid: boolean;
  /** A resumed order whose delivery is on record, and of which the check office is still to be notified (claim 23). */
  officeToNotify?: boolean;
  /** The receipt of the seller's server for the completion is on record. */
  completionAcknowledged?: boolean;
  /** All of the payment was given back while the goods were still on their way. */
  givenBack: boolean;
  /** Everything that may still be undone runs in it; gone after the point of no return. */
  reversible?: CancellationScope;
  /** The ending is on record: whoever still waits for an answer gets it. */
  closed: boolean;

  /** Why it needs a person, by step. */
  readonly attention: Map<string, Attention>;
  /** Steps that needed attention when an earlier run of the workflow left them: their first answer ends it. */
  readonly takenUp: Set<string>;
  /** The last technical failure of a step that needs attention, by step: one line. */
  readonly errors: Map<string, string>;
  /** Whom the order waits for, in words; `null` while it works. */
  waitingOn: string | null;
  /** Since when; RFC 3339. */
  waitingSince?: string;
  /** When each bounded wait is over, in milliseconds since the epoch: a wait that is taken up again does not begin again. */
  readonly deadlines: Map<string, number>;
  /** What the search attributes say already. */
  published?: string;
  /** Notes for people that are not on record yet; nobody waits for them but the end. */
  unwritten: NewEvent[];
  /** The attempt to write them that is under way. */
  writing?: { readonly attempt: CancellationScope; readonly since: number };
  noteCount: number;
  /** How many local activities are on their way. */
  localAttempts: number;
}

/** An order at its beginning. */
export function newOrder(input: OrderInput): RunningOrder {
  return {
    input,
    inbox: { reports: new Map(), newReports: [], retries: 0, ignored: 0 },
    stage: 'requested',
    reached: new Set(['requested']),
    agents: { presentation: 'auto', payment: 'auto', seller: 'auto', distributor: 'auto' },
    paymentDemand: 'auto',
    demandAskedAt: 0,
    receipts: new Map(),
    underWay: 0,
    paymentIndicated: false,
    awaitsSchedule: false,
    plannedAfter: 0,
    overdue: false,
    paid: false,
    givenBack: false,
    // There from the first moment: a cancel may arrive together with the order itself.
    reversible: new CancellationScope(),
    closed: false,
    attention: new Map(),
    takenUp: new Set(),
    errors: new Map(),
    waitingOn: null,
    deadlines: new Map(),
    unwritten: [],
    noteCount: 0,
    localAttempts: 0,
  };
}

/** Moves the order to a stage. What the table of moves does not allow is a bug of ours, and is asserted. */
export function moveTo(order: RunningOrder, stage: Stage): void {
  if (order.stage === stage) return;
  if (!mayMove(order.stage, stage)) {
    throw new Error(`an order in ${order.stage} may move to ${MOVES[order.stage].join(', ')}, not to ${stage}`);
  }
  order.stage = stage;
  order.reached.add(stage);
}

/** The check in hand. Only asked for after it was issued. */
export function issuedOrder(order: RunningOrder): NonNullable<RunningOrder['issued']> {
  if (!order.issued) throw new Error('no check was issued yet');
  return order.issued;
}

/** Who presents and pays: as the order wishes, else as the buyer's account says. */
export function buyersAgents({ presentation, payment }: OrderInput, agent: Agent) {
  return { presentation: presentation ?? agent, payment: payment ?? agent };
}

/** When the seller is paid, as it was settled with the judgement of the order. */
export function settledOn({ input }: RunningOrder): SettleOn {
  return input.settleOn ?? 'delivery';
}

/** The attention to show: the oldest that is open. */
export function attentionOf(order: RunningOrder): Attention | null {
  return order.attention.values().next().value ?? null;
}

/** Who an order is between, and what about: what several steps are given. */
export function partiesOf({ input, agents, issued }: RunningOrder) {
  const { orderId, buyerId, sellerId, lines } = input;
  return { orderId, buyerId, sellerId, lines, paymentAgent: agents.payment, charge: issued?.charge };
}

/** Whether the seller has a server of its own, by its registration when the order was judged. */
export function hasSellersSite({ agents }: RunningOrder): boolean {
  return agents.seller === 'site';
}

export function hasDistributorsSite({ agents }: RunningOrder): boolean {
  return agents.distributor === 'site';
}

/** Whether the distributor has said something of a delivery that is fixed, or its plan is asked for again, and no step has taken it up yet. */
export function hasBeenSaid(order: RunningOrder): boolean {
  const { newReports, newDate } = order.inbox;
  return newReports.length > 0 || newDate !== undefined || isToBePlannedAgain(order);
}

/** No date was possible, and the cause may be removed: somebody retries, or the registry has changed. */
export function isToBePlannedAgain({ inbox, replanAfter }: RunningOrder): boolean {
  return replanAfter !== undefined && inbox.retries > replanAfter;
}

/** What was said to the order: written by the handlers of messages, used by the steps. */
export interface Inbox {
  presentation?: Presentation;
  acceptance?: { readonly actor: string };
  refusal?: { readonly actor: string; readonly reason: string };
  payment?: { readonly actor: string };
  schedule?: { readonly deliverAt: string; readonly actor: string };
  /** The distributor moves the date that is fixed; `change` tells this move from every other one. */
  newDate?: { readonly deliverAt: string; readonly actor: string; readonly change: string };
  /** The seller's own payment demand. */
  demand?: { readonly actor: string; readonly reference?: string };
  /** The distributor's reports by event id and kind, in the order of arrival: all that decide something, and the latest scans. */
  readonly reports: Map<string, SituationReport>;
  /** Those of them that no step has taken up yet. */
  newReports: SituationReport[];
  /** How often another try was asked for: by `intervene retry`, and by a change of the registry. */
  retries: number;
  creditOverride?: { readonly actor: string; readonly reason: string };
  /** How somebody wants the order to end early; the reversible scope is cancelled with it. */
  ending?: Ending;
  /** The order is to go on as new on the current build. */
  moveOn?: boolean;
  /** How many messages were passed over because nobody could read them. */
  ignored: number;
}

/** The distributor's own terms do not allow the date that it fixed. */
export interface DateRefused {
  readonly detail: string;
  /** RFC 3339; absent where its terms allow none. */
  readonly nextPossible?: string;
}

export interface Presentation {
  readonly echeck: string;
  /** Absent: those of the order. */
  readonly lines?: readonly OrderLine[];
  readonly deliverToSealed: string;
  /** A bound terminal's own signed message, sealed. */
  readonly presentationSealed?: string;
  readonly presentedBy: string;
}

/** So many scans are remembered by their ids, the latest ones. What decides something is never forgotten. */
const MOST_SCANS = 200;

/**
 * Adds a report that is not known yet. The same event twice is one event. One id with two kinds, which only a plain signal
 * beside the API can bring about, is two: neither of them may be lost.
 */
export function addReport({ reports, newReports }: Inbox, report: SituationReport): void {
  const key = reportKey(report);
  if (reports.has(key)) return;
  reports.set(key, report);
  newReports.push(report);
  const scans = [...reports.values()].filter(({ kind }) => !isDecisive(kind));
  for (const scan of scans.slice(0, -MOST_SCANS)) reports.delete(reportKey(scan));
}

/** By what a report is known. */
export function reportKey({ eventId, kind }: SituationReport): string {
  return `${kind} ${eventId}`;
}
