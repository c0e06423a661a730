import { succeeded } from './ops.ts';
import { phase, type Drilled, type Phase } from './phase.ts';

/** The build after the one that the drill begins with. */
const NEXT = 'v2';

/** A rolling upgrade and its rollback while orders run, by the commands of docs/upgrades.md. `build` is the one that runs. */
export async function drillUpgrade(drilled: Drilled, build: string): Promise<readonly Phase[]> {
  const { ops } = drilled.system;
  const upgraded = await phase(drilled, 'upgrade', async () => {
    await drilled.system.startWorkers(NEXT);
    succeeded(await ops('deploy', NEXT, '--wait', '300'), `ops deploy ${NEXT}`);
    return `three workers of ${NEXT} beside ${build}, ops deploy ${NEXT}`;
  });
  const rolledBack = await phase(drilled, 'rollback', async () => {
    succeeded(await ops('rollback'), 'ops rollback');
    return `ops rollback: new orders begin on ${build} again`;
  });
  const drained = await phase(drilled, 'drain', async () => {
    succeeded(await ops('drain', NEXT, '--wait', '600'), `ops drain ${NEXT}`);
    await drilled.system.stopWorkers(NEXT);
    return `ops drain ${NEXT}, then its workers killed`;
  });
  return [upgraded, rolledBack, drained];
}
