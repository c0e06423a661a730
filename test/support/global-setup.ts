import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@jest/types';
import { endLeftoverPostgres } from '../../platform/embedded/postgres.ts';
import { argumentsOf } from '../../platform/embedded/process.ts';
import { endLeftoverTemporal } from '../../platform/embedded/temporal.ts';
import { startTestServers } from './servers.ts';

const PREFIX = 'countersign-test-';

/**
 * Starts one PostgreSQL and one Temporal for the whole run, in the background: pure tests go ahead at once, the others
 * wait in `testDatabase` and `testTemporal`. A run of unit tests alone starts neither.
 */
export default async function globalSetup(config: Config.GlobalConfig): Promise<void> {
  await endLeftovers();
  const folder = join(tmpdir(), `${PREFIX}${process.pid}`);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  process.env['COUNTERSIGN_TEST_RUN'] = folder;
  if (!onlyUnitTests(config)) startTestServers(folder);
}

function onlyUnitTests(config: Config.GlobalConfig): boolean {
  const { patterns } = config.testPathPatterns;
  const alternatives = patterns.flatMap((pattern) => pattern.split('|'));
  return alternatives.length > 0 && alternatives.every((pattern) => pattern.includes('test/unit'));
}

/** Servers and folders of runs that were killed. */
async function endLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = argumentsOf(Number(name.slice(PREFIX.length)));
    if (owner?.some((argument) => argument.includes('jest'))) continue;
    await removeRun(join(tmpdir(), name));
  }
}

export async function removeRun(folder: string): Promise<void> {
  await endLeftoverTemporal(join(folder, 'temporal.db'));
  await endLeftoverPostgres(join(folder, 'postgres'));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
