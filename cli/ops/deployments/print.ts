import type { Polling } from '../../../platform/deployments/polling.ts';
import { unpolled } from '../../../platform/deployments/polling.ts';
import type { Deployment, Version } from '../../../platform/deployments/read.ts';
import { table } from '../print.ts';
import type { Versions } from './versions.ts';

const HEADER = [
  'version',
  'status',
  'since',
  'running orders',
  'workers of orders',
  'of parties',
  'of webhooks',
  'last poll',
];

/** The builds as a table, and what about them needs somebody. */
export function printVersions({ deployments, unversioned }: Versions): string {
  const { polling, runningOrders } = unversioned;
  const rows = deployments.flatMap((deployment) => deployment.versions.map((version) => rowOf(deployment, version)));
  const isUsed = runningOrders > 0 || polling.some(({ pollers }) => pollers > 0);
  if (isUsed || rows.length === 0)
    rows.push(['(no version)', '', '', String(runningOrders), ...pollersOf(polling), lastOf(polling)]);
  return [...table(HEADER, rows), '', ...(deployments.length === 0 ? [NO_VERSION] : deployments.flatMap(remarks))]
    .join('\n')
    .trimEnd();
}

const NO_VERSION =
  'No worker has a version, and `npm start` needs none. For builds that do not replay each other (docs/upgrades.md): ' +
  '`WORKER_DEPLOYMENT_NAME=countersign WORKER_BUILD_ID=BUILD npm run worker`, then `npm run ops -- deploy BUILD`';

function rowOf({ ramping }: Deployment, { name, status, since, runningOrders, polling }: Version): string[] {
  const shown = status === 'ramping' ? `ramping ${ramping?.percentage ?? 0} %` : status;
  return [name, shown, since?.toISOString() ?? '', String(runningOrders), ...pollersOf(polling), lastOf(polling)];
}

/** Of each queue: where workflows and activities are polled apart, the fewer of the two. */
function pollersOf(polling: readonly Polling[]): string[] {
  const queues = [...new Set(polling.map(({ queue }) => queue))];
  return queues.map((queue) =>
    String(Math.min(...polling.filter((one) => one.queue === queue).map(({ pollers }) => pollers))),
  );
}

function lastOf(polling: readonly Polling[]): string {
  const times = polling.flatMap(({ lastPollAt }) => (lastPollAt ? [lastPollAt.getTime()] : []));
  return times.length > 0 ? new Date(Math.max(...times)).toISOString() : '';
}

function remarks(deployment: Deployment): string[] {
  const { name, current, changedBy, versions } = deployment;
  const incomplete = versions.filter((version) => version.name === current || version.runningOrders > 0);
  return [
    ...(current === undefined
      ? [`No build of ${name} is current, so none gets new orders: npm run ops -- deploy BUILD`]
      : []),
    ...incomplete.flatMap((version) => {
      const missing = unpolled(version.polling);
      return missing.length > 0 ? [`Nobody polls for ${version.name}: ${missing.join(', ')}.`] : [];
    }),
    ...(changedBy === undefined ? [] : [`${name} was changed last by: ${changedBy}`]),
  ];
}
