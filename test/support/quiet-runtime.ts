import { DefaultLogger, Runtime } from '@temporalio/worker';

let quiet = false;

/** Workers tell only what is wrong: the tests' own words are to be read. Call it before the first worker starts. */
export function quietRuntime(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  quiet = true;
}
