import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker, type InjectedSinks, type ReplayWorkerOptions } from '@temporalio/worker';
import { workflowIdOf, type OrderId } from '../domain/ids.ts';
import { bundleForReplay } from '../workers/workflow-bundle.ts';
import type { StepCall, StepSinks } from '../workflows/runtime/step-witness.ts';
import { runsOf, type OrderRun } from './histories.ts';

/** A step as the workflow took it: what it was asked, and its answer. */
export interface ToldStep extends Pick<StepCall, 'name' | 'input' | 'isTransmission'> {
  readonly answer: unknown;
  /** When it was asked. */
  readonly at: Date;
}

/** What a run tells of itself when its history is replayed. */
export interface ToldRun extends OrderRun {
  /** The steps that have been answered, in the order of their answers. */
  readonly steps: readonly ToldStep[];
  /** Why it could not be replayed; absent when it could. */
  readonly fault?: string;
}

export interface Replaying {
  /** Made by `bundleForReplay`. */
  readonly workflowBundle: NonNullable<ReplayWorkerOptions['workflowBundle']>;
}

/** The workflows' code, as it replays histories, in a process that does nothing else with Temporal: only what is wrong is logged. */
export async function openReplaying(): Promise<Replaying> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  return { workflowBundle: await bundleForReplay() };
}

/** An order's workflow as its histories tell. */
export interface ToldOrder {
  readonly orderId: OrderId;
  /** The oldest first; none where Temporal knows no workflow of it. */
  readonly runs: readonly ToldRun[];
}

/** Replays the histories of orders, one after the other, and gives each order with the steps that its runs took. */
export async function* toldOrders(
  client: Client,
  orderIds: readonly OrderId[],
  { workflowBundle }: Replaying,
): AsyncGenerator<ToldOrder> {
  const open = new Map<string, { readonly run: OrderRun; readonly witness: Witness }>();
  const options = {
    workflowBundle,
    sinks: sinksInto((runId) => open.get(runId)?.witness),
    dataConverter: { payloadCodecs: client.options.loadedDataConverter.payloadCodecs },
  };
  const told = new Map<OrderId, { readonly expected: number; readonly runs: ToldRun[] }>();
  const histories = (async function* () {
    for (const orderId of orderIds) {
      const runs = await runsOf(client, orderId);
      told.set(orderId, { expected: runs.length, runs: [] });
      for (const run of runs) {
        open.set(run.runId, { run, witness: new Witness() });
        yield { workflowId: workflowIdOf(orderId), history: run.history };
      }
    }
  })();
  for await (const { runId, error } of Worker.runReplayHistories(options, histories)) {
    const replayed = open.get(runId);
    open.delete(runId);
    if (!replayed) continue;
    const { run, witness } = replayed;
    const order = told.get(run.orderId);
    order?.runs.push({ ...run, steps: witness.steps, ...(error && { fault: error.message }) });
    if (order?.runs.length !== order?.expected) continue;
    told.delete(run.orderId);
    yield { orderId: run.orderId, runs: order?.runs ?? [] };
  }
  // Of these Temporal knows no workflow.
  for (const [orderId, { runs }] of told) yield { orderId, runs };
}

function sinksInto(witnessOf: (runId: string) => Witness | undefined): InjectedSinks<StepSinks> {
  return {
    steps: {
      asked: { callDuringReplay: true, fn: ({ runId }, ...said) => witnessOf(runId)?.asked(...said) },
      answered: { callDuringReplay: true, fn: ({ runId }, ...said) => witnessOf(runId)?.answered(...said) },
    },
  };
}

/** Hears what one run tells of its steps. */
class Witness {
  readonly steps: ToldStep[] = [];
  readonly #open = new Map<number, StepCall>();

  asked(asked: number, call: StepCall): void {
    this.#open.set(asked, call);
  }

  answered(asked: number, answer: unknown): void {
    const call = this.#open.get(asked);
    if (call) this.steps.push({ ...call, at: new Date(call.atMs), answer });
    this.#open.delete(asked);
  }
}
