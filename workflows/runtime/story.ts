import { CancellationScope } from '@temporalio/workflow';
import type { SituationReport } from '../../domain/delivery.ts';
import type { Ending } from '../../domain/ending.ts';
import type { CheckRefusal } from '../../domain/echeck.ts';
import type { Attention, OrderView, PricedLine } from '../../domain/order.ts';
import type { Agent } from '../../domain/party.ts';
import type { MoneyJson } from '../../domain/money.ts';
import { MOVES, mayMove, type Stage } from '../../domain/stages.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import type { Decision, OrderInput } from '../messages/definitions.ts';

/** What the workflow knows of its order: handlers write down what was said, the story and its steps what they did. */
export interface Story {
  input: OrderInput;
  stage: Stage;
  /** Every stage that it has been in. */
  readonly reached: Set<Stage>;
  /** The seller was paid: an early end is now a refund. */
  paid: boolean;
  /** The ending is on record: whoever still waits for an answer gets it. */
  closed: boolean;
  /** What the POST waits for. */
  decision?: Decision;
  /** The order as it was when its check was issued. */
  issued?: OrderView & { readonly echeck: NonNullable<OrderView['echeck']>; readonly charge: MoneyJson };
  /** The lines with the seller's charges of the moment. */
  priced?: { readonly lines: readonly PricedLine[]; readonly charge: MoneyJson };
  agents: { presentation: Agent; payment: Agent; seller: Agent; distributor: Agent };
  deliverAt?: string;
  /** What the parties said by hand and the story has not taken up yet. */
  readonly inbox: Inbox;
  /** The distributor's reports by event id and kind, in the order of arrival: all that decide something, and the latest scans. */
  readonly reports: Map<string, SituationReport>;
  /** Those of them that the story has not taken up yet. */
  unread: SituationReport[];
  /** How many messages were passed over because nobody could read them. */
  ignored: number;
  /** Why it needs a person, by step. */
  readonly attention: Map<string, Attention>;
  /** The last technical failure of a step that needs attention, by step: one line. */
  readonly errors: Map<string, string>;
  /** Whom the story waits for, in words; `null` while it works. */
  waitingOn: string | null;
  /** Since when; RFC 3339. */
  waitingSince?: string;
  /** Grows with every `intervene retry`, and with every change of the registry while the story waits for one. */
  retries: number;
  /** When what is impossible now is tried again by itself: RFC 3339. */
  nextTry?: string;
  /** When each bounded wait is over, in milliseconds since the epoch: a wait that is taken up again does not begin again. */
  readonly deadlines: Map<string, number>;
  creditOverride?: { readonly actor: string; readonly reason: string };
  /** Set by whoever wants the order ended early; the reversible scope is cancelled with it. */
  wanted?: Ending;
  /** Everything that may still be undone runs in it; gone after the point of no return. */
  reversible?: CancellationScope;
  overdue: boolean;
  /** All of the payment was given back while the goods were still on their way. */
  givenBack: boolean;
  /** What the search attributes say already. */
  published?: string;
  /** Notes for people that are not on record yet; nobody waits for them but the end. */
  unwritten: NewEvent[];
  /** The attempt to write them that is under way. */
  writing?: { readonly attempt: CancellationScope; readonly since: number };
  noteCount: number;
}

export interface Inbox {
  presentation?: { echeck: string; deliverToSealed?: string; actor: string };
  presentationVerdict?: CheckRefusal | 'valid';
  acceptance?: { actor: string };
  refusal?: { actor: string; reason: string };
  payment?: { actor: string };
  /** The payment indication is on record. */
  paymentNoted?: boolean;
  /** The distributor was instructed and plans by hand. */
  scheduleWanted?: boolean;
  schedule?: { deliverAt: string; actor: string };
}

/** All of a story that a new run of its workflow must know. The order itself is not decided again: its row tells. */
export type Carried = Pick<
  Story,
  | 'stage'
  | 'paid'
  | 'issued'
  | 'agents'
  | 'deliverAt'
  | 'inbox'
  | 'ignored'
  | 'retries'
  | 'creditOverride'
  | 'overdue'
  | 'givenBack'
  | 'noteCount'
> & {
  readonly reached: readonly Stage[];
  readonly reports: readonly SituationReport[];
  readonly attention: readonly Attention[];
  readonly errors: readonly (readonly [string, string])[];
  readonly deadlines: readonly (readonly [string, number])[];
};

export function carriedFrom(story: Story): Carried {
  const { stage, paid, issued, agents, deliverAt, inbox, ignored, retries, creditOverride, overdue, givenBack } = story;
  const known = { stage, paid, issued, agents, deliverAt, inbox, ignored, retries, creditOverride, overdue, givenBack };
  return {
    ...known,
    noteCount: story.noteCount,
    reached: [...story.reached],
    reports: [...story.reports.values()],
    attention: [...story.attention.values()],
    errors: [...story.errors],
    deadlines: [...story.deadlines],
  };
}

/** Opens the story of a workflow: at its beginning, or where an earlier run left it. */
export function openStory({ carried, ...input }: OrderInput): Story {
  return carried ? goOn(newStory(input), carried) : newStory(input);
}

function goOn(story: Story, carried: Carried): Story {
  const { reached, reports, attention, errors, deadlines, ...rest } = carried;
  return {
    ...story,
    ...rest,
    decision: rest.issued && { kind: 'recorded' },
    reached: new Set(reached),
    reports: new Map(reports.map((report) => [reportKey(report), report])),
    attention: new Map(attention.map((open) => [open.step, open])),
    errors: new Map(errors),
    deadlines: new Map(deadlines),
  };
}

function newStory(input: OrderInput): Story {
  return {
    input,
    stage: 'requested',
    reached: new Set(['requested']),
    paid: false,
    closed: false,
    agents: { presentation: 'auto', payment: 'auto', seller: 'auto', distributor: 'auto' },
    inbox: {},
    reports: new Map(),
    unread: [],
    ignored: 0,
    deadlines: new Map(),
    attention: new Map(),
    errors: new Map(),
    waitingOn: null,
    retries: 0,
    // There from the first moment: a cancel may arrive together with the order itself.
    reversible: new CancellationScope(),
    overdue: false,
    givenBack: false,
    unwritten: [],
    noteCount: 0,
  };
}

export function reportKey({ eventId, kind }: SituationReport): string {
  return `${kind} ${eventId}`;
}

/** Moves the story to a stage. What the table of moves does not allow is a bug of ours, and is asserted. */
export function moveTo(story: Story, stage: Stage): void {
  if (story.stage === stage) return;
  if (!mayMove(story.stage, stage)) {
    throw new Error(`an order in ${story.stage} may move to ${MOVES[story.stage].join(', ')}, not to ${stage}`);
  }
  story.stage = stage;
  story.reached.add(stage);
}

/** The check in hand. Only asked for after it was issued. */
export function issuedOrder(story: Story): NonNullable<Story['issued']> {
  if (!story.issued) throw new Error('no check was issued yet');
  return story.issued;
}
