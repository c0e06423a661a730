import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTemporal } from '../../platform/embedded/temporal.ts';
import { postgresPrograms } from '../../platform/embedded/postgres-programs.ts';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** Where and with what a run was made. */
export function circumstances(): Record<string, unknown> {
  const said = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8' }).trim();
  const modules = { temporalSdk: '@temporalio/worker', mikroOrm: '@mikro-orm/core', express: 'express' };
  const versions = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, versionOf(module)]));
  return {
    date: new Date().toISOString(),
    commit: said('git', 'rev-parse', '--short', 'HEAD'),
    machine: {
      processor: cpus()[0]?.model.trim(),
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      loadAverageBefore: loadavg().map((load) => Number(load.toFixed(1))),
    },
    versions: {
      node: process.version,
      temporal: said(findTemporal(), '--version'),
      postgres: said(postgresPrograms().postgres, '--version'),
      ...versions,
    },
  };
}

/** Writes a run as JSON, returns the file's path. */
export function writeResults(name: string, run: object): string {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  return file;
}

function versionOf(module: string): string {
  const file = new URL(`../../node_modules/${module}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
