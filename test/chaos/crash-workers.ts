import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import { brokenRules, onceOnly, readBooks } from '../../bench/chaos/books.ts';
import type { TestApi } from '../api/support.ts';
import { announced } from '../support/run.ts';
import type { CrashPlan, CrashingWorkerOptions } from './crashing-worker.ts';

/** Worker processes of a crash test, over the API's database and Temporal. */
export interface CrashWorkers {
  /** Starts one that takes no step beyond the crash points of the plan; without one, it takes all. */
  start(plan?: CrashPlan): Promise<ChildProcess>;
  /** Kills all that are still at work, of a failing test, too. */
  killAll(): Promise<unknown>;
}

export function crashWorkers({ temporal, database, keyFolder }: TestApi): CrashWorkers {
  const workers: ChildProcess[] = [];
  return {
    async start(plan = {}) {
      const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
      const options: CrashingWorkerOptions = {
        ...temporal,
        databaseUrl: database.serviceUrl,
        keyFolder,
        codePath,
        plan,
      };
      const main = fileURLToPath(new URL('crashing-worker.ts', import.meta.url));
      const worker = spawn(process.execPath, [main, JSON.stringify(options)], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: { PATH: process.env['PATH'] },
      });
      workers.push(worker);
      return worker;
    },
    killAll: () => Promise.all(workers.splice(0).map(killed)),
  };
}

/** Kills a worker, and waits until it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Expects so many orders on record, nothing twice, and no broken rule of the books. */
export async function expectSoundBooks({ database }: TestApi, count: number): Promise<void> {
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  const books = await readBooks(owner);
  await owner.end();
  expect(books.orders.size).toBe(count);
  expect(onceOnly(books)).toEqual([]);
  expect(brokenRules(books)).toEqual([]);
}
