import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { startWorker, type RunningWorker } from '../support/worker.ts';
import { testApi, type TestApi } from './support.ts';

/** An API with a worker whose registry of sellers does not answer until it is repaired. */
export interface StuckRegistry {
  readonly api: TestApi;
  readonly worker: RunningWorker;
  readonly repair: () => void;
}

export async function stuckRegistry(): Promise<StuckRegistry> {
  let broken = true;
  const api = await testApi((deps, client) => ({
    ...deps,
    gateway: createOrderGateway({ client, decisionWaitMs: 1_000 }),
  }));
  const { orm, sealer, signing, clock } = api.deps;
  const deps = { orm, sealer, signing, clock, checkLifetimeMs: 86_400_000 };
  const worker = await startWorker(api.temporal, deps, (steps) => ({
    ...steps,
    verifySellerRegistration: (input: Parameters<typeof steps.verifySellerRegistration>[0]) => {
      if (broken) throw new Error('the registry does not answer');
      return steps.verifySellerRegistration(input);
    },
  }));
  return { api, worker, repair: () => void (broken = false) };
}
