import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Settings } from './settings.ts';
import { temporalConnectOptions } from './temporal-client.ts';
import { openConnection } from './temporal-connection.ts';
import { registerSearchAttributes, SearchAttributeClash } from './temporal-search-attributes.ts';

const PATIENCE_MS = 60_000;
/** A finished order's history; its books stay in the database permanently. */
const RETENTION = '30 days';
/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;

/**
 * Makes a Temporal server ready for orders: waits for it (a minute), makes the namespace when it is missing, registers
 * the search attributes. Repeatable. Returns advice where the server lets nobody do that through its API (Temporal Cloud).
 */
export async function prepareTemporal(
  settings: Pick<Settings, 'temporalAddress' | 'temporalNamespace'>,
): Promise<string | undefined> {
  const { namespace, ...options } = temporalConnectOptions(settings);
  const connection = await patiently(
    `Temporal at ${options.address} does not answer: check TEMPORAL_ADDRESS, or, for the embedded one of \`npm start\`, unset it`,
    () => openConnection(options),
  );
  try {
    await ensureNamespace(connection, namespace);
    // A new namespace reaches the frontends of a cluster one after the other.
    await patiently(`search attributes could not be registered in namespace ${namespace}`, () =>
      registerSearchAttributes(connection, namespace),
    );
    return undefined;
  } catch (error) {
    if (!hasCode(error, PERMISSION_DENIED) && !hasCode(error, UNIMPLEMENTED)) throw error;
    return `namespace ${namespace} and its search attributes must be made by hand (see temporal.config.ts): ${error.message}`;
  } finally {
    await connection.close();
  }
}

async function ensureNamespace({ workflowService }: Connection, namespace: string): Promise<void> {
  try {
    await workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (!hasCode(error, NOT_FOUND)) throw error;
    await workflowService
      .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(RETENTION) })
      .catch((cause: unknown) => {
        if (!hasCode(cause, ALREADY_EXISTS)) throw cause;
      });
  }
}

/** Tries until it works; after a minute it throws `complaint`. What waiting cannot fix is thrown at once. */
async function patiently<T>(complaint: string, action: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await action();
    } catch (cause) {
      if (hasCode(cause, PERMISSION_DENIED) || hasCode(cause, UNIMPLEMENTED)) throw cause;
      if (cause instanceof SearchAttributeClash) throw cause;
      if (Date.now() > deadline) throw new Error(complaint, { cause });
    }
    await sleep(500);
  }
}

function hasCode(error: unknown, code: number): error is Error {
  return isGrpcServiceError(error) && error.code === code;
}
