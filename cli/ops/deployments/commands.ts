import { InvalidArgumentError, type Command } from 'commander';
import type { Connections } from '../connections.ts';
import type { DeployOptions } from './deploy.ts';
import type { DrainOptions } from './drain.ts';
import type { DeploymentOptions } from './target.ts';

/** What the commands take from those beside them: how they connect, and how whoever acts is named. */
export interface Around {
  readonly connected: (use: (connections: Connections) => Promise<void>) => Promise<void>;
  readonly withActor: (command: Command) => Command;
}

/** How long `deploy` waits for the workers of a build, which start within seconds. */
const DEPLOY_WAIT_S = 120;

/** The commands about the builds of a worker deployment: docs/upgrades.md. They need Temporal alone. */
export function addDeployments(ops: Command, { connected, withActor }: Around): void {
  ops
    .command('versions')
    .description('every build of the workers: status, since when, who polls for it, how many orders run on it')
    .option('--json', 'as JSON')
    .action((options: { readonly json?: boolean }) => connected((connections) => versions(connections, options)));
  withDeployment(withActor(ops.command('deploy').argument('<build>', 'its WORKER_BUILD_ID')), DEPLOY_WAIT_S)
    .description(
      'new orders begin on this build, as soon as its workers poll every queue; those in flight stay where they are',
    )
    .option('--percentage <number>', 'only so many of a hundred at first', percentage)
    .action((build: string, options: DeployOptions) =>
      connected(async (connections) => {
        const { deploy } = await import('./deploy.ts');
        console.log(await deploy(connections, build, options));
      }),
    );
  withDeployment(
    withActor(ops.command('rollback').argument('[build]', 'default: the one that was current before it was made')),
    0,
  )
    .description(
      'the build that was current before this one was made is current again; one that gets a part of the new orders gets none',
    )
    .action((build: string | undefined, options: DeploymentOptions) =>
      connected(async (connections) => {
        const { rollBack } = await import('./deploy.ts');
        console.log(await rollBack(connections, build, options));
      }),
    );
  withDeployment(withActor(ops.command('drain').argument('<build>', 'its WORKER_BUILD_ID')), 0)
    .description('how many orders still run on a build; exit code 0 when its workers may be stopped, otherwise 1')
    .option('--continue', 'its orders continue as new on the current build, each at its next quiet moment')
    .option('--move-to <build>', 'this build takes its orders over: only one that replays the histories of the old one')
    .action((build: string, options: DrainOptions) => connected((connections) => drain(connections, build, options)));
}

function withDeployment(command: Command, waitS: number): Command {
  return command
    .option('--deployment <name>', 'default: WORKER_DEPLOYMENT_NAME, or the only one that there is')
    .option('--wait <seconds>', 'how long to wait', seconds, waitS);
}

async function versions(connections: Connections, { json }: { readonly json?: boolean }): Promise<void> {
  const [{ readVersions, versionsAsJson }, { printVersions }] = await Promise.all([
    import('./versions.ts'),
    import('./print.ts'),
  ]);
  const found = await readVersions(connections);
  console.log(json ? versionsAsJson(found) : printVersions(found));
}

async function drain(connections: Connections, build: string, options: DrainOptions): Promise<void> {
  const { drain: drainBuild } = await import('./drain.ts');
  const { drained, words } = await drainBuild(connections, build, options);
  console.log(words);
  if (!drained) process.exitCode = 1;
}

function percentage(given: string): number {
  const number = Number(given);
  if (!/^\d{1,3}$/.test(given) || number > 100) throw new InvalidArgumentError('It must be 0 to 100.');
  return number;
}

function seconds(given: string): number {
  if (!/^\d{1,6}$/.test(given)) throw new InvalidArgumentError('It must be a number of seconds.');
  return Number(given);
}
