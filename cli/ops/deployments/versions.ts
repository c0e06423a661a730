import { pollingByVersion } from '../../../platform/deployments/polling.ts';
import type { Polling } from '../../../platform/deployments/polling.ts';
import { readDeployments, runningOrdersOf, type Deployment } from '../../../platform/deployments/read.ts';
import { ORDER_WORKFLOW } from '../../../workflows/messages/definitions.ts';
import { needTemporal, type Connections } from '../connections.ts';

/** Every build of every deployment, and what has none. */
export interface Versions {
  readonly deployments: readonly Deployment[];
  /** Workers without a version, and the orders that any of them may run. */
  readonly unversioned: { readonly polling: readonly Polling[]; readonly runningOrders: number };
}

/** Asks Temporal which builds there are, who polls for them and how many orders run on them. */
export async function readVersions(connections: Connections): Promise<Versions> {
  const { client } = needTemporal(connections);
  const [deployments, polling, runningOrders] = await Promise.all([
    readDeployments(client, ORDER_WORKFLOW),
    pollingByVersion(client),
    runningOrdersOf(client, ORDER_WORKFLOW),
  ]);
  return { deployments, unversioned: { polling: polling(), runningOrders } };
}

/** For programs: without the token, which serves one change alone. */
export function versionsAsJson(versions: Versions): string {
  return JSON.stringify(versions, (key, value: unknown) => (key === 'conflictToken' ? undefined : value), 2);
}
