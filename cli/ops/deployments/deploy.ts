import { setTimeout as sleep } from 'node:timers/promises';
import { DeploymentRefused, makeCurrent, ramp } from '../../../platform/deployments/change.ts';
import type { Deployment, Version } from '../../../platform/deployments/read.ts';
import { needTemporal, type Connections } from '../connections.ts';
import { counted } from '../text.ts';
import {
  progress,
  readDeployment,
  readPolledTarget,
  readRouted,
  type DeploymentOptions,
  type Target,
} from './target.ts';

export interface DeployOptions extends DeploymentOptions {
  /** So many of a hundred new orders at first. Default: all. */
  readonly percentage?: number;
}

const LOOK_EVERY_MS = 1_000;

/**
 * New orders begin on a build from now on, once its workers poll every queue; answers what still runs where. Repeated it changes nothing.
 * Throws when its workers do not come in time, or somebody else has changed the deployment meanwhile: nothing was changed then.
 */
export async function deploy(connections: Connections, given: string, options: DeployOptions): Promise<string> {
  const say = progress();
  for (const giveUpAt = Date.now() + options.wait * 1_000; ; await sleep(LOOK_EVERY_MS)) {
    const wait = Math.max(0, (giveUpAt - Date.now()) / 1_000);
    const target = await readPolledTarget(connections, given, { ...options, wait }, say);
    try {
      return await change(connections, target, options);
    } catch (error) {
      if (!(error instanceof DeploymentRefused) || !error.isEarly || Date.now() >= giveUpAt) throw error;
      say(`${error.message}; waiting …`);
    }
  }
}

async function change(
  connections: Connections,
  { deployment, version }: Target,
  { percentage, actor }: DeployOptions,
): Promise<string> {
  const already = isAlready(deployment, version, percentage);
  if (already) return [`${version.name} is already ${already}.`, ...afterwards(deployment)].join('\n');
  const by = { client: needTemporal(connections).client, deployment, identity: identityOf(actor) };
  if (percentage === undefined) await makeCurrent(by, version.build);
  else await ramp(by, version.build, percentage);
  const changed = await readRouted(connections, deployment.name);
  const what =
    percentage === undefined ? 'is current: new orders begin on it' : `gets ${percentage} % of the new orders`;
  return [said(version.name, what, actor), ...afterwards(changed.deployment, changed.isRouted)].join('\n');
}

function isAlready(deployment: Deployment, { name }: Version, percentage?: number): string | undefined {
  const { current, ramping } = deployment;
  if (percentage === undefined) return current === name ? 'current' : undefined;
  if (current === name) throw new Error(`${name} is current: it gets all new orders that no other build gets`);
  const isSame = ramping?.version === name && ramping.percentage === percentage;
  return isSame ? `at ${percentage} %` : undefined;
}

/**
 * The latest build before the current one that was current is so again; or a build that gets a part of the new orders gets none any more. With a build that one.
 * Refuses a build whose workers do not poll.
 */
export async function rollBack(
  connections: Connections,
  given: string | undefined,
  options: DeploymentOptions,
): Promise<string> {
  const deployment = await readDeployment(connections, options.deployment);
  if (given !== undefined) return deploy(connections, given, { ...options, deployment: options.deployment });
  if (deployment.ramping) return endRamp(connections, deployment, deployment.ramping.version, options.actor);
  const former = formerOf(deployment);
  if (!former) throw new Error(`no build before ${deployment.current ?? deployment.name} was current: name one`);
  return deploy(connections, former.name, options);
}

async function endRamp(
  connections: Connections,
  deployment: Deployment,
  version: string,
  actor: string,
): Promise<string> {
  const { client } = needTemporal(connections);
  await ramp({ client, deployment, identity: identityOf(actor) }, '', 0);
  const changed = await readRouted(connections, deployment.name);
  return [
    said(version, 'gets no new orders any more', actor),
    ...afterwards(changed.deployment, changed.isRouted),
  ].join('\n');
}

/** The build that was current last of those made before the one that is: a rollback that is repeated goes back further, and never forward. */
function formerOf({ versions, current }: Deployment): Version | undefined {
  const wasCurrentAt = ({ lastCurrentAt }: Version) => lastCurrentAt?.getTime() ?? 0;
  const madeAt = versions.find(({ name }) => name === current)?.madeAt ?? new Date();
  const [former] = versions
    .filter((version) => version.madeAt < madeAt && version.lastCurrentAt !== undefined)
    .toSorted((one, other) => wasCurrentAt(other) - wasCurrentAt(one));
  return former;
}

/** As Temporal has it on record, and `ops versions` shows it. */
export function identityOf(actor: string): string {
  return `ops by ${actor}`;
}

function said(version: string, what: string, actor: string): string {
  return `${new Date().toISOString()} ${version} ${what} (by ${actor}).`;
}

/** What still runs where, and what comes next. */
function afterwards({ versions, current, ramping }: Deployment, isRouted = true): string[] {
  const others = versions.filter(({ name, runningOrders }) => name !== current && runningOrders > 0);
  const draining = others.filter(({ name }) => name !== ramping?.version);
  return [
    ...(isRouted ? [] : ['Not every queue knows it yet: orders may begin as before for a while.']),
    ...(ramping ? [`${ramping.version} gets ${ramping.percentage} % of the new orders.`] : []),
    ...others.map(
      ({ name, runningOrders }) => `${name} still runs ${counted(runningOrders, 'order')}: keep its workers.`,
    ),
    ...(ramping ? [`Next: npm run ops -- deploy ${ramping.version}, or: npm run ops -- rollback`] : []),
    ...draining.map(({ name }) => `Next: npm run ops -- drain ${name}`),
  ];
}
