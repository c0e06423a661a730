import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath, isExecutable } from '../../platform/embedded/executables.ts';

/** The server of docker-compose.yml's minor version or later; its Go module builds with Go 1.26. */
const VERSION = '1.32.1';
const FOLDER = fileURLToPath(new URL(`../../.tools/temporal-server-${VERSION}`, import.meta.url));
const MODULE = 'go.temporal.io/server';

/** The real Temporal server, which is started service by service, and the tool that makes its schema. */
export interface TemporalPrograms {
  readonly server: string;
  readonly sqlTool: string;
}

/**
 * Finds both: at `TEMPORAL_SERVER_BIN` (the tool `temporal-sql-tool` beside it), or below `.tools/`; otherwise builds them there from the
 * Go module, once, in some ten minutes on two cores. Throws, with what to do, where there is no Go.
 */
export function temporalPrograms(log: (line: string) => void): TemporalPrograms {
  const given = process.env['TEMPORAL_SERVER_BIN'];
  const found = given === undefined ? programsIn(FOLDER) : { ...programsIn(dirname(given)), server: given };
  if (isExecutable(found.server) && isExecutable(found.sqlTool)) return found;
  if (given !== undefined)
    throw new Error(`TEMPORAL_SERVER_BIN: ${given} and temporal-sql-tool beside it must be executables`);
  build(log);
  return found;
}

function programsIn(folder: string): TemporalPrograms {
  return { server: join(folder, 'temporal-server'), sqlTool: join(folder, 'temporal-sql-tool') };
}

function build(log: (line: string) => void): void {
  const go = findOnPath('go');
  if (go === undefined)
    throw new Error(
      `the drill needs a real Temporal server ${VERSION}: install Go 1.26 or later, from which it is built, or set TEMPORAL_SERVER_BIN to one of yours`,
    );
  log(`building the Temporal server ${VERSION} from its Go module: some ten minutes, once`);
  const building = join(FOLDER, 'building');
  mkdirSync(building, { recursive: true });
  const env = { ...process.env, GOBIN: building, GOFLAGS: '-buildvcs=false' };
  for (const part of ['cmd/server', 'cmd/tools/sql']) {
    const { status } = spawnSync(go, ['install', `${MODULE}/${part}@v${VERSION}`], { env, stdio: 'inherit' });
    if (status !== 0) throw new Error(`the Temporal server was not built: ${MODULE}/${part}@v${VERSION}`);
  }
  const { server, sqlTool } = programsIn(FOLDER);
  renameSync(join(building, 'server'), server);
  renameSync(join(building, 'sql'), sqlTool);
  rmSync(building, { recursive: true, force: true });
  log(versionOf({ server }));
}

/** What the server says of itself: `temporal version 1.32.1`. */
export function versionOf({ server }: Pick<TemporalPrograms, 'server'>): string {
  return execFileSync(server, ['--version'], { encoding: 'utf8' }).trim();
}
