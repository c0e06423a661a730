import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createCheckSigning } from '../office/check-signing.ts';
import { openKeyRing } from '../office/signing-keys.ts';
import { createStatusList } from '../office/status-list.ts';
import { loadMasterKey, type KeySource } from '../platform/key-files.ts';
import { createLogger } from '../platform/logger.ts';
import { connectOrm } from '../platform/orm.ts';
import { createSealer } from '../platform/sealing.ts';
import { SettingsError, type ServiceSettings } from '../platform/settings.ts';
import { temporalConnectOptions } from '../platform/temporal-client.ts';
import { DEMO_PARTIES, openDemoIssuer } from './auth/demo-issuer.ts';
import { remoteIssuer, tokenVerifier } from './auth/tokens.ts';
import type { ApiDeps } from './deps.ts';
import { readinessJudge } from './readiness.ts';
import { createOrderGateway } from './temporal/order-gateway.ts';

const DEFAULT_TEMPORAL = '127.0.0.1:7233';

/** The parts of a process, and how to let them go. */
export interface BuiltDeps {
  readonly deps: ApiDeps;
  close(): Promise<void>;
}

/** Opens everything that the API reaches. Temporal may be away: it is connected to on first use, and readiness says so. */
export async function buildDeps(settings: ServiceSettings): Promise<BuiltDeps> {
  const orm = await connectOrm({
    url: settings.databaseUrl,
    poolMax: settings.databasePool,
    applicationName: 'countersign-api',
  });
  const { namespace, ...connect } = temporalConnectOptions({
    address: settings.temporalAddress ?? DEFAULT_TEMPORAL,
    namespace: settings.temporalNamespace,
  });
  const connection = Connection.lazy(connect);
  const client = new Client({ connection, namespace });
  const gateway = createOrderGateway({ client, decisionWaitMs: settings.postWaitMs });
  const keyFolder = join(settings.dataDir, 'keys');
  const keyRing = await openKeyRing({ orm, source: keySource(settings.echeckKeysFile, keyFolder) });
  const issuer = settings.checkIssuer;
  const deps: ApiDeps = {
    orm,
    gateway,
    keyRing,
    signing: createCheckSigning({ orm, keyRing, issuer }),
    statusList: createStatusList({ orm, keyRing, issuer }),
    sealer: createSealer({ orm, masterKey: await loadMasterKey(keySource(settings.masterKeyFile, keyFolder)) }),
    ...(await whoSpeaks(settings, keyFolder)),
    logger: createLogger({ name: 'api', level: settings.logLevel }),
    clock: () => new Date(),
    readiness: readinessJudge(orm, gateway),
    rateLimit: settings.rateLimitPerMinute,
  };
  return {
    deps,
    async close() {
      await connection.close();
      await orm.close();
    },
  };
}

function keySource(file: string | undefined, directory: string): KeySource {
  return file === undefined ? { directory } : { file };
}

/** The configured issuer of tokens; the embedded mode has one of its own, and hands out the demo parties’ tokens. */
async function whoSpeaks(
  settings: ServiceSettings,
  keyFolder: string,
): Promise<Pick<ApiDeps, 'verify' | 'demoTokens'>> {
  if (settings.tokenIssuer) return { verify: tokenVerifier(remoteIssuer(settings.tokenIssuer)) };
  if (!settings.embedded) {
    throw new SettingsError('TOKEN_JWKS_URL and TOKEN_ISSUER are missing: name the issuer of the access tokens');
  }
  const issuer = await openDemoIssuer(keyFolder);
  const issueAll = () =>
    Promise.all(
      DEMO_PARTIES.map(async (party) => ({ party: party.id, role: party.role, token: await issuer.issue(party) })),
    );
  return { verify: tokenVerifier(issuer), demoTokens: issueAll };
}
