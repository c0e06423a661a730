import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectionPlugin } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { retriedCalls } from '../../platform/temporal-connection.ts';
import { attributeTypes } from '../../platform/temporal-search-attributes.ts';
import { quietRuntime } from './quiet-runtime.ts';
import { announced, runFolder } from './run.ts';
import { NAMESPACES, type TestTemporal } from './servers.ts';

export interface OrderServer {
  readonly address: string;
  readonly namespace: string;
}

/** The run's real Temporal server, with a namespace that no other test file uses and all search attributes known. */
export async function testTemporal(): Promise<OrderServer> {
  const { address } = await announced<TestTemporal>('temporal');
  const namespace = NAMESPACES.find(isFree);
  if (namespace === undefined) throw new Error('more test files than namespaces: lengthen NAMESPACES');
  return { address, namespace };
}

/** Taking a namespace is making its file, which only one can do. */
function isFree(namespace: string): boolean {
  try {
    writeFileSync(join(runFolder(), `${namespace}.taken`), '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

const TEST_SERVER = fileURLToPath(new URL('../../.tools/venv/bin/temporal-test-server', import.meta.url));

/**
 * During a long call the client asks every half minute whether the server lives, which this one takes for an attack: it cuts the connection.
 * A sleep of days, in which something is tried again once a minute, can take that long on a slow machine.
 */
const withoutPings: ConnectionPlugin = {
  name: 'without pings',
  configureConnection: (options) => ({
    ...options,
    channelArgs: { 'grpc.keepalive_time_ms': 2 ** 31 - 1 },
    // A machine that is busy with other tests starts it slowly.
    connectTimeout: '1 minute',
    interceptors: retriedCalls(),
  }),
};

/** A Temporal test server of one's own, which skips the time in which a workflow only waits. Tear it down at the end. */
export async function timeSkippingTemporal(): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: TEST_SERVER } },
    plugins: [withoutPings],
  });
  // This server can add search attributes, and not list them.
  const namespace = environment.namespace ?? 'default';
  await environment.connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributeTypes });
  return environment;
}
