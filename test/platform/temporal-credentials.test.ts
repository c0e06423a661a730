import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { parseSettings, type Settings } from '../../platform/settings.ts';
import { connectTemporal, temporalConnectOptions } from '../../platform/temporal-client.ts';
import { announced } from '../support/run.ts';
import type { TestTemporal } from '../support/servers.ts';
import { hasOpenssl, makeCertificate, startFront, type Certificate, type Front } from '../support/temporal-front.ts';
import { until } from '../support/until.ts';

/* Client certificates and API keys for Temporal are read when a process starts: the next ones are listed, processes restart, the former ones go. */

/** Where there is no openssl, this is shown as skipped. */
(hasOpenssl ? describe : describe.skip)('certificates and API keys for Temporal', () => {
  let front: Front;
  let former: Certificate;
  let next: Certificate;
  beforeAll(async () => {
    front = await startFront((await announced<TestTemporal>('temporal')).address);
    [former, next] = [makeCertificate(), makeCertificate()];
  });
  afterAll(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
    front.close();
  });

  /** What a process is given at its start. */
  function given({ certFile, keyFile }: Certificate, apiKey: string): Settings {
    Object.assign(process.env, {
      TEMPORAL_ADDRESS: front.address,
      TEMPORAL_API_KEY: apiKey,
      TEMPORAL_TLS_CLIENT_CERT_PATH: certFile,
      TEMPORAL_TLS_CLIENT_KEY_PATH: keyFile,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: front.certFile,
      TEMPORAL_TLS_SERVER_NAME: front.serverName,
    });
    return parseSettings({});
  }

  /** As API and commands connect, and as a worker does. */
  async function start(certificate: Certificate, apiKey: string): Promise<() => Promise<void>> {
    const settings = given(certificate, apiKey);
    const client = await connectTemporal(settings);
    const { namespace: _namespace, ...options } = temporalConnectOptions(settings);
    const worker = await NativeConnection.connect(options);
    return async () => {
      await client.workflowService.getSystemInfo({});
      await worker.workflowService.getSystemInfo({});
      await Promise.all([client.connection.close(), worker.close()]);
    };
  }

  async function refusedAtStart(certificate: Certificate, apiKey: string): Promise<void> {
    const before = front.refused();
    // On a busy machine the time to connect may be over before the front has looked.
    await until(async () => {
      const starting = connectTemporal(given(certificate, apiKey), 1_000);
      await expect(starting).rejects.toThrow(`Temporal at ${front.address}`);
      return front.refused() > before;
    });
  }

  test('are changed while processes with either run, and the former ones are then refused', async () => {
    front.take({ certificates: [former], apiKeys: ['former'] });
    const before = await start(former, 'former');
    await refusedAtStart(next, 'former');
    await refusedAtStart(former, 'next');

    front.take({ certificates: [former, next], apiKeys: ['former', 'next'] });
    const after = await start(next, 'next');
    await before();

    front.take({ certificates: [next], apiKeys: ['next'] });
    await after();
    await refusedAtStart(former, 'next');
    await refusedAtStart(next, 'former');
  });
});
