import { createCheckSigning } from '../../office/checks/index.ts';
import { createSiteKeys } from '../../office/messages/index.ts';
import { type RestoreDeps, type Restored, restoreAll } from '../../restore/index.ts';
import { bundleForReplay } from '../../workers/workflow-bundle.ts';
import type { TestService } from '../support/service.ts';

/** What restores the orders of a test's service. */
export async function restoreDeps(service: TestService): Promise<RestoreDeps> {
  const { orm, sealer, keyRing } = service.deps;
  return {
    client: service.client,
    orm,
    sealer,
    signingAt: (now) => createCheckSigning({ orm, keyRing, issuer: 'countersign-test', now }),
    siteKeys: createSiteKeys(),
    privateSiteAllowed: () => true,
    replaying: { workflowBundle: await bundleForReplay() },
    quietForMs: 0,
  };
}

/** Restores all orders, and answers what became of each, by id. */
export async function restored(deps: RestoreDeps, isDry = false): Promise<ReadonlyMap<string, Restored>> {
  const all = new Map<string, Restored>();
  const restoring = { actor: 'operator-olga', reason: 'restored from the backup', isDry };
  for await (const one of restoreAll(deps, new Date(0), restoring)) all.set(one.orderId, one);
  return all;
}
