/* What the comparison asks Temporal; injected, so that the books know nothing of Temporal. */

/** An order's workflow that Temporal says is open. */
export interface OpenWorkflow {
  readonly orderId: string;
  readonly startedAt: Date;
  /** Where it stands by its own word. */
  readonly stage?: string;
}

/** An order's workflow that Temporal says has ended. */
export type ClosedWorkflow = Pick<OpenWorkflow, 'orderId' | 'stage'>;

/** What the workflow itself says, which does not lag. */
export interface WorkflowStanding {
  readonly runs: boolean;
  readonly stage?: string;
  /** It does nothing but wait: what it has done, and where it stands, it has said. */
  readonly atRest: boolean;
}

/** What Temporal knows of the orders' workflows; injected, so that the books know nothing of Temporal. */
export interface WorkflowFacts {
  /** Every open order workflow, from visibility: it may lag behind by seconds. */
  listOpen(): AsyncIterable<OpenWorkflow>;
  /** Every order workflow that has ended since then, from visibility. */
  listClosed(since: Date): AsyncIterable<ClosedWorkflow>;
  /** Asks the workflow itself, which does not lag. */
  isOpen(orderId: string): Promise<boolean>;
  /** Asks the workflow itself where it stands; `undefined`: Temporal knows none. */
  standing(orderId: string): Promise<WorkflowStanding | undefined>;
}

export interface WorkflowComparison {
  readonly facts: WorkflowFacts;
  readonly now: Date;
  /** What changed later than this long ago is still on its way and not compared. */
  readonly quietForMs: number;
  /** Workflows that have ended since then are compared, too. */
  readonly closedSince: Date;
}
