import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
}

/**
 * Where Temporal is: a profile of the toml file or the `TEMPORAL_*` variables (an API key turns TLS on), with the settings'
 * address and namespace as defaults.
 */
export function temporalConnectOptions(defaults: TemporalTarget) {
  const config = loadClientConnectConfig();
  return {
    ...config.connectionOptions,
    address: config.connectionOptions.address ?? defaults.address,
    namespace: config.namespace ?? defaults.namespace,
  };
}

/** Connects a client; fails with one clear error when the server does not answer. */
export async function connectTemporal(defaults: TemporalTarget): Promise<Client> {
  const { namespace, ...connectionOptions } = temporalConnectOptions(defaults);
  const connection = await Connection.connect(connectionOptions);
  return new Client({ connection, namespace });
}
