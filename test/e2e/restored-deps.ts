import { createCheckSigning } from '../../office/checks/index.ts';
import { createSiteKeys } from '../../office/messages/index.ts';
import { type RestoreDeps, type Restored, restoreAll } from '../../restore/index.ts';
import type { Drift } from '../../domain/reconciliation.ts';
import { compareWorkflows, reconcileBooks } from '../../office/reconciliation/index.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { bundleForReplay } from '../../workers/workflow-bundle.ts';
import type { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

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

/** Restores all orders, and answers what became of each, by id. The moment is said by a clock that is minutes ahead. */
export async function restored(deps: RestoreDeps, isDry = false): Promise<ReadonlyMap<string, Restored>> {
  const all = new Map<string, Restored>();
  const restoring = { actor: 'operator-olga', reason: 'restored from the backup', isDry };
  for await (const one of restoreAll(deps, new Date(), restoring)) all.set(one.orderId, one);
  return all;
}

/** What the comparison finds now, as when everything has been quiet for long. It marks the orders that nobody works on; that no worker runs is not said. */
export async function compared(service: TestService, clock = inAMinute): Promise<Drift[]> {
  const { orm } = service.deps;
  const workflows = { ...workflowRegister(service.client, ORDER_WORKFLOW), troubles: async () => [] };
  const apart = await compareWorkflows({ orm, clock, workflows }, { quietForMs: 0, closedSince: new Date(0) });
  return [...(await reconcileBooks(orm)), ...apart];
}

/** Waits until the comparison finds nothing: an order has ended on record a moment before its workflow has. */
export async function untilAgreed(service: TestService): Promise<void> {
  await until(
    () => compared(service),
    (drift) => drift.length === 0,
  );
}

const inAMinute = () => new Date(Date.now() + 60_000);
