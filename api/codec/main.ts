import { join } from 'node:path';
import { createLogger } from '../../platform/logger.ts';
import { connectOrm } from '../../platform/orm.ts';
import { payloadsBy } from '../../platform/payloads/data-converter.ts';
import { parseServiceSettings, settingsOrExit, SettingsError, type ServiceSettings } from '../../platform/settings.ts';
import { temporalConnectOptions } from '../../platform/temporal-client.ts';
import { openDemoIssuer } from '../auth/demo-issuer.ts';
import { createIdentities } from '../auth/identities.ts';
import { announce, remoteIssuer } from '../auth/issuers.ts';
import { tokenVerifier, withApiKeys } from '../auth/tokens.ts';
import { serveAt } from '../serve.ts';
import { createCodecApp } from './app.ts';

/** The codec server: decodes payloads for operators who read histories, until SIGTERM or SIGINT. It talks to no Temporal server. */
async function main(): Promise<void> {
  const settings = settingsOrExit(parseServiceSettings);
  requireSettings(settings);
  const { payloadCodecs: [codec] = [] } = await payloadsBy(settings);
  if (!codec) throw new Error('no codec');
  const logger = createLogger({ name: 'codec', level: settings.logLevel });
  const pooled = settings.directUrl !== settings.databaseUrl;
  const connect = { url: settings.databaseUrl, pooled, poolMax: 2, applicationName: 'countersign-codec' };
  const reads = await connectOrm({ ...connect, purpose: 'reads' });
  const { find } = createIdentities(reads);
  const outside = settings.tokenIssuers.map((issuer) => remoteIssuer(issuer, find));
  for (const issuer of outside) void announce(issuer, logger);
  const issuers = outside.length > 0 ? outside : [await openDemoIssuer(join(settings.dataDir, 'keys'))];
  const app = createCodecApp({
    codec,
    verify: withApiKeys(reads, tokenVerifier(...issuers)),
    origins: settings.codecOrigins,
    namespace: temporalConnectOptions(settings).namespace,
    rateLimit: settings.rateLimitPerMinute,
    trustedProxies: settings.trustedProxies,
    logger,
  });
  const server = await serveAt(app, settings.codecAddress, 'CODEC_ADDRESS');
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  logger.info({ url: server.url }, 'listening');
  logger.info({ signal: await asked }, 'finishing');
  await server.close();
  await reads.close();
}

/** Throws `SettingsError`, one line a setting without which nobody could decode anything. */
function requireSettings({ payloadKeysFile, codecOrigins, tokenIssuers, embedded }: ServiceSettings): void {
  const missing = [
    ...(payloadKeysFile === undefined ? ['PAYLOAD_KEYS_FILE is missing: there is nothing to decode'] : []),
    ...(codecOrigins.length === 0 ? ['CODEC_ORIGINS is missing: name the origin of the Temporal UI'] : []),
    ...(tokenIssuers.length === 0 && !embedded
      ? ['TOKEN_ISSUER is missing: name the issuer of the access tokens (docs/identities.md)']
      : []),
  ];
  if (missing.length > 0) throw new SettingsError(missing.join('\n'));
}

main().catch((error: unknown) => {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
});
