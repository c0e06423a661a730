import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort as anyFreePort } from '../../platform/embedded/ports.ts';
import { runFolder } from './run.ts';

/** A free port that nobody else in this run is given, however long it takes until somebody listens on it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await anyFreePort();
    try {
      writeFileSync(join(runFolder(), `port-${port}`), '', { flag: 'wx' });
      return port;
    } catch (error) {
      // Not `instanceof Error`: what Node throws is an error of another realm than a test's.
      if (Object(error).code !== 'EEXIST') throw error;
    }
  }
}
