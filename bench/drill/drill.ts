import { openClient } from '../chaos/client.ts';
import { untilSettled } from '../chaos/run.ts';
import { untilOffered } from '../chaos/sites.ts';
import { judgeRun } from '../chaos/verdict.ts';
import { drillRestore } from './crosswise.ts';
import { measureFootprint, measureIdle } from './footprint.ts';
import { startLoad } from './load.ts';
import { killAndReplace, phase, type Drilled, type Phase } from './phase.ts';
import type { DrillReport } from './report.ts';
import { kindOf, startSystem, type DrillSystem } from './system.ts';
import { versionOf, type TemporalPrograms } from './temporal-programs.ts';
import { drillUpgrade } from './upgrade.ts';

/** Parts that are killed and replaced, by the names of the drill and of the system. */
const KILLED = {
  api: 'api-1',
  worker: 'worker-1',
  frontend: 'temporal-frontend',
  history: 'temporal-history',
  matching: 'temporal-matching',
  'temporal-worker': 'temporal-worker',
  database: 'database',
  'selling-office': 'selling office',
  'distributing-company': 'distributing company',
} as const;

export const DRILLS = [
  'api',
  'worker',
  'frontend',
  'history',
  'matching',
  'temporal-worker',
  'database',
  'selling-office',
  'distributing-company',
  'upgrade',
  'books-older',
  'temporal-older',
] as const;
export type DrillName = (typeof DRILLS)[number];

export interface DrillOptions {
  readonly folder: string;
  readonly programs: TemporalPrograms;
  readonly only: readonly DrillName[];
  readonly seconds: number;
  /** Orders that begin each second. */
  readonly rate: number;
  readonly seed: number;
  readonly log: (line: string) => void;
  /** Gets what stops the system before its first part starts, for whoever is interrupted. */
  readonly started: (stop: () => Promise<void>) => void;
}

const FIRST_BUILD = 'v1';
/** How long after the last drill an order may still take. */
const LAST_PATIENCE_MS = 300_000;

/** Runs the drills one after the other under one load, then compares everything. */
export async function runDrill(options: DrillOptions): Promise<DrillReport & { readonly agrees: boolean }> {
  const { folder, programs, seconds, rate, seed, log, started } = options;
  const system = await startSystem(folder, { programs, build: FIRST_BUILD, log, started });
  try {
    const idleMs = await measureIdle(system);
    log('orders begin');
    const open = (deadline: () => number) => openClient(system.apiUrls, deadline);
    await untilOffered(await open(() => Date.now() + LAST_PATIENCE_MS));
    const load = startLoad(open, { seed, everyMs: 1000 / rate });
    const drilled: Drilled = { system, load, settleMs: seconds * 1000, log };
    const footprint = await measureFootprint(drilled, seconds, idleMs);
    const phases: Phase[] = [await phase(drilled, 'nothing', () => Promise.resolve('for comparison'))];
    for (const name of options.only)
      phases.push(...(await drillOne(drilled, name).catch((error: unknown) => failed(drilled, name, error))));
    const outcomes = await load.end(LAST_PATIENCE_MS);
    log(`${outcomes.length} orders; comparing`);
    const withoutWorkflow = idsOf(phases.filter(({ part }) => part === 'temporal-older'));
    const verdict = await untilSettled(() => judgeRun({ ...system, withoutWorkflow }, outcomes));
    const { code, output } = await system.ops('reconcile');
    const server = versionOf(programs);
    const agrees = code === 0 && !phases.some((one) => one.failed);
    return { server, phases, orders: outcomes.length, verdict, footprint, agreement: output, agrees };
  } finally {
    await system.stop();
  }
}

async function drillOne(drilled: Drilled, name: DrillName): Promise<readonly Phase[]> {
  if (name === 'upgrade') return drillUpgrade(drilled, FIRST_BUILD);
  if (name === 'books-older' || name === 'temporal-older') return [await drillRestore(drilled, name)];
  return [await phase(drilled, name, () => replaceOne(drilled.system, KILLED[name]))];
}

function idsOf(phases: readonly Phase[]): ReadonlySet<string> {
  return new Set(phases.flatMap(({ affected }) => affected.flatMap(({ ended }) => ended?.outcome.ids ?? [])));
}

/** The other drills go on, with all parts there: what became of the orders is seen at the end. */
function failed({ system, log }: Drilled, part: DrillName, error: unknown): Phase[] {
  log(`${part}: ${String(error)}`);
  for (const one of system.parts.values()) one.resume();
  return [{ part, happened: `FAILED: ${String(error).split('\n')[0]}`, affected: [], failed: true }];
}

/** Says how many of the kind there are: the others go on. */
async function replaceOne({ parts }: DrillSystem, name: string): Promise<string> {
  const part = parts.get(name);
  if (!part) throw new Error(`there is no ${name}`);
  const ofKind = [...parts.keys()].filter((other) => kindOf(other) === kindOf(name)).length;
  const done = await killAndReplace(part);
  return ofKind > 1 ? `one of ${ofKind}: ${done}` : done;
}
