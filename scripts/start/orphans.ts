import { join } from 'node:path';
import { endLeftoverProcesses } from '../../platform/embedded/own-process.ts';
import { endLeftoverPostgres } from '../../platform/embedded/postgres.ts';
import { endLeftoverTemporal } from '../../platform/embedded/temporal.ts';

/**
 * Ends what a killed `npm start` left running for this folder, in the order of a shutdown: they hold ports and files that
 * we need. Only processes whose command line names this folder are touched.
 */
export async function endOrphans(dataDir: string): Promise<void> {
  await endLeftoverProcesses(dataDir);
  await endLeftoverTemporal(join(dataDir, 'temporal.db'));
  await endLeftoverPostgres(join(dataDir, 'postgres'));
}
