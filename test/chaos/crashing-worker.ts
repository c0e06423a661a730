import { Context } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { createCheckSigning } from '../../office/checks/signing.ts';
import { openKeyRing } from '../../office/checks/key-ring.ts';
import { loadMasterKey } from '../../platform/key-files.ts';
import { connectOrm } from '../../platform/orm.ts';
import { createSealer } from '../../platform/sealing.ts';
import { createOrderWorker } from '../../workers/order-worker.ts';
import { createPartiesWorker } from '../../workers/parties.ts';

/** Where an order is to be when the worker is killed: before a step's effect, after it, or after its answer as well. */
export type CrashPoint = 'before the effect' | 'after the effect' | 'after the answer';
export interface CrashPlan {
  readonly [orderId: string]: { readonly step: string; readonly point: CrashPoint };
}
export interface CrashingWorkerOptions {
  readonly databaseUrl: string;
  readonly address: string;
  readonly namespace: string;
  readonly keyFolder: string;
  readonly codePath: string;
  readonly plan: CrashPlan;
}

type Step = (input: unknown) => Promise<unknown>;

/* A real worker process for the crash tests. It takes no step beyond an order's crash point, and says when one is there. */

const options = JSON.parse(process.argv[2] ?? '') as CrashingWorkerOptions;
const orm = await connectOrm({ url: options.databaseUrl, applicationName: 'crashing-worker' });
const connection = await NativeConnection.connect({ address: options.address });
const keyRing = await openKeyRing({ orm, source: { directory: options.keyFolder } });
const deps = {
  orm,
  signing: createCheckSigning({ orm, keyRing, issuer: 'countersign-test' }),
  sealer: createSealer({ orm, masterKey: await loadMasterKey({ directory: options.keyFolder }) }),
  clock: () => new Date(),
};
const stopping = stoppingAt(options.plan);
const { namespace } = options;
const worker = await createOrderWorker({
  connection,
  namespace,
  workflowBundle: { codePath: options.codePath },
  deps: { ...deps, checkLifetimeMs: 86_400_000 },
  activities: (steps) => stopping('', steps),
});
const parties = await createPartiesWorker({
  connection,
  namespace,
  deps: { ...deps, privateSiteAllowed: () => true },
  activities: (transmissions) => stopping('send:', transmissions),
});
await Promise.all([worker.run(), parties.run()]);

/** Steps stop at their orders' crash points; what is sent to a party's own server is named with `send:` before it. */
function stoppingAt(plan: CrashPlan): (prefix: string, steps: object) => object {
  const answered = new Set<string>();
  const stop =
    (name: string, step: Step): Step =>
    async (input) => {
      const id = orderIdIn(input);
      if (answered.has(id)) return never();
      const planned = plan[id];
      if (planned?.step !== name) return step(input);
      if (planned.point === 'before the effect') return arrived(id);
      const result = await step(input);
      if (planned.point === 'after the effect') return arrived(id);
      answered.add(id);
      process.send?.(id);
      return result;
    };
  return (prefix, steps) =>
    Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, stop(`${prefix}${name}`, step as Step)]));
}

function arrived(id: string): Promise<never> {
  process.send?.(id);
  return never();
}

/**
 * Until the worker is killed, or Temporal gives the attempt up: otherwise each attempt would keep its slot, and after a minute the orders
 * that are not there yet would find none.
 */
function never(): Promise<never> {
  return Context.current().cancelled;
}

interface AnyInput {
  readonly orderId?: string;
  readonly order?: { readonly orderId: string };
  readonly instruction?: { readonly orderId: string };
}

function orderIdIn(input: unknown): string {
  const { orderId, order, instruction } = input as AnyInput;
  return orderId ?? order?.orderId ?? instruction?.orderId ?? 'none';
}
