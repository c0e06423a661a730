import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planChaos } from '../../bench/chaos/plan.ts';
import { runChaos } from '../../bench/chaos/run.ts';

test('the same seed makes the same plan, another seed another one', () => {
  const sizes = { orders: 20, kills: 10, races: 5, drops: 3 };
  expect(planChaos(7, sizes)).toEqual(planChaos(7, sizes));
  expect(planChaos(8, sizes)).not.toEqual(planChaos(7, sizes));
});

test('kill -9 of worker, database and Temporal while orders run: nothing is lost, doubled or stuck', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-chaos-'));
  try {
    const plan = planChaos(135, { orders: 10, kills: 3, races: 8, drops: 2 });
    const { verdict } = await runChaos(plan, { folder, timeoutMs: 120_000 });
    expect(verdict).toEqual({ lost: [], doubled: [], stuck: [], wrong: [], broken: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
