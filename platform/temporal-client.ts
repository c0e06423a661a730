import { Client } from '@temporalio/client';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { shortMessageOf } from './error-facts.ts';
import { payloadsBy } from './payloads/data-converter.ts';
import { SettingsError, type Settings } from './settings.ts';
import { openConnection } from './temporal-connection.ts';

type TemporalSettings = Pick<Settings, 'temporalAddress' | 'temporalNamespace' | 'payloadKeysFile'>;

type TemporalConnection = ClientConnectConfig['connectionOptions'] & { address: string; namespace: string };

const DEFAULT_ADDRESS = '127.0.0.1:7233';

/**
 * Where Temporal is: a profile of the toml file or the `TEMPORAL_*` variables (an API key turns TLS on), with the settings'
 * address and namespace where those are silent. Throws `SettingsError` when a file that they name cannot be read.
 */
export function temporalConnectOptions(settings: Omit<TemporalSettings, 'payloadKeysFile'>): TemporalConnection {
  const { connectionOptions, namespace } = readTemporalVariables();
  return {
    ...connectionOptions,
    address: connectionOptions.address ?? settings.temporalAddress ?? DEFAULT_ADDRESS,
    namespace: namespace ?? settings.temporalNamespace,
  };
}

function readTemporalVariables(): ClientConnectConfig {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    const [line] = String(error).split('\n');
    throw new SettingsError(`TEMPORAL_TLS_… or TEMPORAL_CONFIG_FILE cannot be used (${line})`);
  }
}

/**
 * Connects a client. Throws `SettingsError`: one line with the address, when the server does not answer in time, or one about
 * the setting that is wrong.
 */
export async function connectTemporal(settings: TemporalSettings, connectTimeoutMs?: number): Promise<Client> {
  const dataConverter = await payloadsBy(settings);
  const { namespace, ...connectionOptions } = temporalConnectOptions(settings);
  const connection = await openConnection({
    ...connectionOptions,
    ...(connectTimeoutMs !== undefined && { connectTimeout: connectTimeoutMs }),
  }).catch((error: unknown) => {
    throw temporalUnreachable(connectionOptions.address, error);
  });
  return new Client({ connection, namespace, dataConverter });
}

/** The client has one error for every way of not being there. */
function temporalUnreachable(address: string, error: unknown): SettingsError {
  const advice = 'start it, or set TEMPORAL_ADDRESS (TEMPORAL_PORT for the one of `npm start`) to where it is';
  return new SettingsError(`Temporal at ${address} does not answer (${shortMessageOf(error)}): ${advice}`);
}
