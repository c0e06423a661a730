import { setTimeout as sleep } from 'node:timers/promises';
import { isRouted, unpolled } from '../../../platform/deployments/polling.ts';
import { readDeployments, type Deployment, type Version } from '../../../platform/deployments/read.ts';
import { parseSettings } from '../../../platform/settings.ts';
import { ORDER_WORKFLOW } from '../../../workflows/messages/definitions.ts';
import { needTemporal, type Connections } from '../connections.ts';

const LOOK_EVERY_MS = 1_000;
const ROUTING_MS = 60_000;

/** What the commands about deployments have in common. */
export interface DeploymentOptions {
  /** The worker deployment's name. Default: `WORKER_DEPLOYMENT_NAME`, else the only one that there is. */
  readonly deployment?: string;
  /** How long is waited, in seconds. */
  readonly wait: number;
  /** Who Temporal has on record for the change. */
  readonly actor: string;
}

/** A build, and the deployment to which it belongs. */
export interface Target {
  readonly deployment: Deployment;
  readonly version: Version;
}

/** Says what is waited for, once for each that is another one. */
export type Progress = (words: string) => void;

export function progress(): Progress {
  let last: string | undefined;
  return (words) => {
    if (words !== last) console.error(words);
    last = words;
  };
}

/** The deployment that is meant. Throws, with the names that there are, when it is not known. */
export async function readDeployment(connections: Connections, name: string | undefined): Promise<Deployment> {
  const { client } = needTemporal(connections);
  const all = await readDeployments(client, ORDER_WORKFLOW);
  const wanted = name ?? parseSettings(process.env).workerVersion?.deploymentName;
  const [only] = all;
  const found = wanted === undefined && all.length === 1 ? only : all.find((deployment) => deployment.name === wanted);
  if (found) return found;
  const names = all.map((deployment) => deployment.name).join(', ');
  if (wanted !== undefined)
    throw new NotKnown(`Temporal knows no worker deployment ${wanted}${names && `, only ${names}`}: ${START}`);
  throw new NotKnown(
    all.length === 0 ? `Temporal knows no worker deployment: ${START}` : `Which deployment: --deployment ${names}?`,
  );
}

const START =
  'start workers of it with `WORKER_DEPLOYMENT_NAME=countersign WORKER_BUILD_ID=BUILD npm run worker`, then `npm run ops -- deploy BUILD` ' +
  '(docs/upgrades.md); workers without a version, as those of `npm start`, need none of this';

/** What is not there yet, and may come while it is waited for. */
class NotKnown extends Error {}

/** The build as it was given: alone, or with its deployment, as `ops versions` writes it. */
export function parseBuild(
  given: string,
  deployment?: string,
): { readonly build: string; readonly deployment?: string } {
  const [first = '', build] = given.split(':');
  if (build === undefined) return { build: first, deployment };
  if (deployment !== undefined && deployment !== first)
    throw new Error(`${given} is no build of the deployment ${deployment}`);
  return { build, deployment: first };
}

/** The build that is meant. Throws, with the builds that there are, when it is not known. */
export async function readTarget(connections: Connections, given: string, name?: string): Promise<Target> {
  const { build, deployment: wanted } = parseBuild(given, name);
  const deployment = await readDeployment(connections, wanted);
  const version = deployment.versions.find((one) => one.build === build);
  if (version) return { deployment, version };
  const known = deployment.versions.map((one) => one.build).join(', ') || 'none';
  throw new NotKnown(`Temporal knows no build ${build} of the deployment ${deployment.name} (${known}): ${START}`);
}

/**
 * Waits until the workers of a build poll every queue that orders need. Throws, saying which one nobody polls, when the time is over: without
 * them every order that is given to the build would stand still.
 */
export async function readPolledTarget(
  connections: Connections,
  given: string,
  { deployment, wait }: Pick<DeploymentOptions, 'deployment' | 'wait'>,
  say: Progress,
): Promise<Target> {
  for (const giveUpAt = Date.now() + wait * 1_000; ; await sleep(LOOK_EVERY_MS)) {
    const looked = await lookAt(connections, given, deployment);
    if (typeof looked !== 'string') return looked;
    if (Date.now() >= giveUpAt) throw new Error(`${looked}. Nothing was changed.`);
    say(`${looked}; waiting …`);
  }
}

async function lookAt(connections: Connections, given: string, name?: string): Promise<Target | string> {
  try {
    const target = await readTarget(connections, given, name);
    const missing = unpolled(target.version.polling);
    if (missing.length === 0) return target;
    return `No worker of ${target.version.name} polls ${missing.join(', ')}: start them, or read the log of those that hang`;
  } catch (error) {
    if (error instanceof NotKnown) return error.message;
    throw error;
  }
}

/** Reads a deployment after a change, once every queue knows of it. `isRouted`: false when one does not after a minute. */
export async function readRouted(
  connections: Connections,
  name: string,
): Promise<{ readonly deployment: Deployment; readonly isRouted: boolean }> {
  const { client } = needTemporal(connections);
  for (const giveUpAt = Date.now() + ROUTING_MS; ; await sleep(LOOK_EVERY_MS)) {
    const deployment = await readDeployment(connections, name);
    if (await isRouted(client, deployment)) return { deployment, isRouted: true };
    if (Date.now() >= giveUpAt) return { deployment, isRouted: false };
  }
}
