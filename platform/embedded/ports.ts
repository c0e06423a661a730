import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';
import { createServer } from 'node:net';

/** A port that we are about to listen on, and the setting that chooses it. */
export interface WantedPort {
  readonly port: number;
  readonly setting: string;
  readonly host: string;
}

/** One line for each port that cannot be had, naming port and setting; none when all can. */
export async function takenPorts(wanted: readonly WantedPort[]): Promise<string[]> {
  const lines = await Promise.all(wanted.map(complaintAbout));
  return lines.filter((line) => line !== undefined);
}

function complaintAbout({ port, setting, host }: WantedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(complaint(error.code, { port, setting, host })));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

function complaint(code: string | undefined, { port, setting, host }: WantedPort): string {
  if (code === 'EADDRINUSE') return `port ${port} is taken: stop what uses it, or set ${setting} to a free one`;
  if (code === 'EACCES') return `port ${port} needs more rights than this user has: set ${setting} to one above 1023`;
  return `cannot listen on ${host}:${port} (${code}): check HOST and ${setting}`;
}

const FIRST = 20_000;
/** From here on systems give ports to connections that go out (Linux; others begin later). */
const FIRST_OUTGOING = 32_768;

/** A free port that no connection going out takes by chance before it is used. */
export function freePort(exclude: readonly number[] = []): Promise<number> {
  const from = randomInt(FIRST, FIRST_OUTGOING - 100);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, from + 99), exclude });
}
