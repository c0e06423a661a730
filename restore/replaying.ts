import { isGrpcServiceError, type Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker, type InjectedSinks, type ReplayWorkerOptions } from '@temporalio/worker';
import { workflowIdOf, type OrderId } from '../domain/ids.ts';
import { shortMessageOf } from '../platform/error-facts.ts';
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
  /** Why its histories could not be read; absent when they could. */
  readonly unread?: string;
}

/** The run that is being replayed. */
interface Replayed {
  readonly run: OrderRun;
  readonly witness: Witness;
}

/** An order of which so many runs are to be replayed. */
interface Expected extends ToldOrder {
  readonly runs: ToldRun[];
  readonly count: number;
}

/** Replays the histories of orders, one after the other, and gives each order with the steps that its runs took. */
export async function* toldOrders(
  client: Client,
  orderIds: readonly OrderId[],
  { workflowBundle }: Replaying,
): AsyncGenerator<ToldOrder> {
  // The worker replays one history at a time, and takes the next when it has answered. A run that began with a reset has the run id of the one
  // that was reset in all that it says, so that no id could tell them apart.
  const replaying: { now?: Replayed } = {};
  const expected: Expected[] = [];
  const options = {
    workflowBundle,
    sinks: sinksInto(() => replaying.now?.witness),
    dataConverter: { payloadCodecs: client.options.loadedDataConverter.payloadCodecs },
  };
  const histories = (async function* () {
    for (const orderId of orderIds) {
      const { runs, unread } = await readRuns(client, orderId);
      expected.push({ orderId, runs: [], count: runs.length, unread });
      for (const run of runs) {
        replaying.now = { run, witness: new Witness() };
        yield { workflowId: workflowIdOf(orderId), history: run.history };
      }
    }
  })();
  for await (const { error } of Worker.runReplayHistories(options, histories)) {
    if (replaying.now) expected.at(-1)?.runs.push(toldRun(replaying.now, error));
    yield* takeTold(expected);
  }
  yield* takeTold(expected);
}

/** That one cannot be read, as where the key of a payload is gone, is said of its order, and keeps no other one back. */
async function readRuns(
  client: Client,
  orderId: OrderId,
): Promise<{ readonly runs: readonly OrderRun[]; readonly unread?: string }> {
  try {
    return { runs: await runsOf(client, orderId) };
  } catch (error) {
    if (isGrpcServiceError(error) && NO_ANSWER.includes(error.code)) throw error;
    return { runs: [], unread: shortMessageOf(error) };
  }
}

/** gRPC status codes DEADLINE_EXCEEDED and UNAVAILABLE (https://grpc.io/docs/guides/status-codes/): then no other one could be read either. */
const NO_ANSWER = [4, 14];

function toldRun({ run, witness }: Replayed, error: Error | undefined): ToldRun {
  return { ...run, steps: witness.steps, ...(error && { fault: error.message }) };
}

/** Takes those from the front of which all runs were replayed: orders without any run come between the others. */
function* takeTold(expected: Expected[]): Generator<ToldOrder> {
  for (let [first] = expected; first && first.runs.length === first.count; [first] = expected) {
    expected.shift();
    const { orderId, runs, unread } = first;
    yield { orderId, runs, ...(unread !== undefined && { unread }) };
  }
}

function sinksInto(witness: () => Witness | undefined): InjectedSinks<StepSinks> {
  return {
    steps: {
      asked: { callDuringReplay: true, fn: (_info, ...said) => witness()?.asked(...said) },
      answered: { callDuringReplay: true, fn: (_info, ...said) => witness()?.answered(...said) },
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
