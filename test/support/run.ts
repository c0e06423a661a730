import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

/** The folder of this test run; the global setup names it, and every jest worker inherits the name. */
export function runFolder(): string {
  const folder = process.env['COUNTERSIGN_TEST_RUN'];
  if (folder === undefined) throw new Error('no test run: start the tests through jest (`npm test -- path`)');
  return folder;
}

/** What a server of the run says about itself once it is up, or why it is not. */
export type Announcement<T> = { readonly ready: T } | { readonly failed: string };

export function announce(folder: string, server: string, announcement: Announcement<unknown>): void {
  const file = join(folder, `${server}.json`);
  writeFileSync(`${file}.new`, JSON.stringify(announcement));
  renameSync(`${file}.new`, file);
}

/** Waits for a server of this run. Throws what kept it from starting. */
export async function announced<T>(server: string): Promise<T> {
  const file = join(runFolder(), `${server}.json`);
  await until(() => existsSync(file), { what: `the start of ${server}` });
  const announcement = JSON.parse(readFileSync(file, 'utf8')) as Announcement<T>;
  if ('failed' in announcement) throw new Error(announcement.failed);
  return announcement.ready;
}
