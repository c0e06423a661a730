import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { announced, runFolder } from '../support/run.ts';
import { startWorker } from '../support/worker.ts';
import type { ClaimService } from './support.ts';

let count = 0;

/**
 * Runs something while another worker tells the orders, whose workflow bundle lacks one guard. The place is found by its
 * text: when the guard moves, this fails and says so.
 */
export async function workerWithout<Result>(
  service: ClaimService,
  guard: RegExp,
  replacement: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const bundle = await announced<{ codePath: string }>('workflow-bundle');
  const code = readFileSync(bundle.codePath, 'utf8');
  if (!guard.test(code)) throw new Error(`the workflows no longer hold the guard ${String(guard)}`);
  count += 1;
  const codePath = join(runFolder(), `without-guard-${process.pid}-${count}.cjs`);
  writeFileSync(codePath, code.replace(guard, replacement));

  await service.stopWorkers();
  const { orm, sealer, clock, signing } = service.deps;
  const deps = { orm, sealer, clock, signing, checkLifetimeMs: 86_400_000 };
  const worker = await startWorker(service.temporal, deps, undefined, { codePath });
  try {
    return await run();
  } finally {
    await worker.stop();
    await service.startWorker();
  }
}
