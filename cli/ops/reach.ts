import type { Client } from '@temporalio/client';
import type { Orm } from '../../platform/orm.ts';
import { createOrderHealth, type OrderHealth } from '../../platform/order-health/health.ts';
import { connectTemporal, temporalConnectOptions } from '../../platform/temporal-client.ts';
import { parseSettings, type Settings } from '../../platform/settings.ts';
import { taskQueues } from '../../temporal.config.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { openBooks } from './reach-books.ts';

/** What a command reaches. What cannot be reached is absent, and its line says so, naming setting and address. */
export interface Reach {
  readonly temporal?: { readonly client: Client; readonly health: OrderHealth };
  readonly books?: Orm;
  /** One line for each that cannot be reached. */
  readonly notes: readonly string[];
}

const CONNECT_TIMEOUT_MS = 5_000;
/** How long an operator waits for one answer of Temporal. */
const ASK_TIMEOUT_MS = 20_000;

/** Connects to Temporal and to the database, whichever answers, and closes both afterwards. */
export async function withReach(use: (reach: Reach) => Promise<void>): Promise<void> {
  const settings = parseSettings(process.env);
  const [client, books] = await Promise.all([openTemporal(settings), openBooks(process.env)]);
  const notes = [client, books].filter((part) => typeof part === 'string');
  try {
    await use({
      notes,
      ...(typeof client !== 'string' && { temporal: { client, health: healthOf(client) } }),
      ...(typeof books !== 'string' && { books }),
    });
  } finally {
    if (typeof client !== 'string') await client.connection.close();
    if (typeof books !== 'string') await books.close();
  }
}

/** Throws the line of what is missing. */
export function needTemporal({ temporal, notes }: Reach): NonNullable<Reach['temporal']> {
  if (!temporal) throw new Error(notes.join('\n'));
  return temporal;
}

/** Throws the line of what is missing. */
export function needBooks({ books, notes }: Reach): Orm {
  if (!books) throw new Error(notes.join('\n'));
  return books;
}

/** The client, or one line that says why there is none. */
async function openTemporal(settings: Settings): Promise<Client | string> {
  const temporalAddress = settings.temporalAddress ?? `127.0.0.1:${settings.temporalPort}`;
  const where = { temporalAddress, temporalNamespace: settings.temporalNamespace };
  const { address } = temporalConnectOptions(where);
  try {
    return await connectTemporal(where, CONNECT_TIMEOUT_MS);
  } catch {
    const setting = settings.temporalAddress === undefined ? 'TEMPORAL_ADDRESS or TEMPORAL_PORT' : 'TEMPORAL_ADDRESS';
    return `Temporal cannot be reached at ${address}: start it, or set ${setting} to where it is.`;
  }
}

function healthOf(client: Client): OrderHealth {
  return createOrderHealth({
    client,
    queue: taskQueues.orders,
    workflowType: ORDER_WORKFLOW,
    timeoutMs: ASK_TIMEOUT_MS,
  });
}
