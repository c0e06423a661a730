import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry';
import { workflowIdOf } from '../domain/ids.ts';
import { openOffice } from '../office/open.ts';
import { createStatusList } from '../office/checks/index.ts';
import { listen } from '../platform/notifications.ts';
import { createLogger } from '../platform/logger.ts';
import type { Orm } from '../platform/orm.ts';
import { payloadsBy } from '../platform/payloads/data-converter.ts';
import { privateSiteRule } from '../platform/settings-sites.ts';
import { SettingsError, type ServiceSettings } from '../platform/settings.ts';
import { temporalConnectOptions } from '../platform/temporal-client.ts';
import { openDemoIssuer } from './auth/demo-issuer.ts';
import { demoTokens as demoTokensOf } from './auth/demo-tokens.ts';
import { createIdentities } from './auth/identities.ts';
import { announce, remoteIssuer, type TokenIssuer } from './auth/issuers.ts';
import { tokenVerifier, withApiKeys } from './auth/tokens.ts';
import type { ApiDeps } from './deps.ts';
import { createEventFeed } from './events/event-feed.ts';
import { readinessChecks } from './service/readiness.ts';
import { apiConnection } from './temporal/connection.ts';
import { createOrderGateway } from './temporal/order-gateway.ts';

/** The parts of a process, and how to let them go. */
export interface BuiltDeps {
  readonly deps: ApiDeps;
  close(): Promise<void>;
}

/** Opens everything that the API reaches. Temporal may be away: it is connected to on first use, and readiness says so. */
export async function buildDeps(settings: ServiceSettings): Promise<BuiltDeps> {
  const dataConverter = await payloadsBy(settings);
  const office = await openOffice(settings, 'api');
  const { orm, reads, keyRing, signing, sealer } = office;
  const { namespace, ...connect } = temporalConnectOptions(settings);
  const connection = apiConnection(connect);
  const traced = settings.otlpEndpoint !== undefined;
  const interceptors = { workflow: traced ? [new OpenTelemetryWorkflowClientInterceptor()] : [] };
  const client = new Client({ connection, namespace, dataConverter, interceptors });
  const gateway = createOrderGateway({ client, decisionWaitMs: settings.postWaitMs });
  const logger = createLogger({ name: 'api', level: settings.logLevel });
  for (const fault of office.keyFaults) logger.error(fault);
  const events = createEventFeed({ orm: reads, logger });
  const listener = listen({ url: settings.directUrl, channel: 'order_events', wake: () => events.wake(), logger });
  const identities = createIdentities(reads);
  const outside = settings.tokenIssuers.map((issuer) => remoteIssuer(issuer, identities.find));
  for (const issuer of outside) void announce(issuer, logger);
  const { verify, demoTokens } = await whoSpeaks(settings, outside, reads);
  const deps: ApiDeps = {
    orm,
    reads,
    pools: office.pools,
    gateway,
    keyRing,
    signing,
    sealer,
    statusList: createStatusList({
      orm: reads,
      keyRing,
      issuer: settings.checkIssuer,
      statusListUri: office.statusListUri,
    }),
    demoTokens,
    verify: withApiKeys(reads, verify),
    identities,
    tokenIssuers: settings.tokenIssuers.map(({ issuer }) => issuer),
    logger,
    traced,
    events,
    clock: () => new Date(),
    readiness: readinessChecks(office.dedicated, gateway, events),
    desk: settings.desk,
    workflowUrl: workflowUrlIn(settings.temporalUiUrl, namespace),
    allowPrivateTargets: settings.webhookPrivateTargets,
    privateSiteAllowed: privateSiteRule(settings),
    rateLimit: settings.rateLimitPerMinute,
    metricsApart: settings.metricsAddress !== undefined,
    trustedProxies: settings.trustedProxies,
  };
  return {
    deps,
    async close() {
      events.close();
      await listener.close();
      await connection.close();
      await office.close();
    },
  };
}

/** The Temporal UI shows the latest run of a workflow at such an address. */
function workflowUrlIn(ui: string | undefined, namespace: string): ApiDeps['workflowUrl'] {
  if (ui === undefined) return undefined;
  return (orderId) =>
    `${ui}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowIdOf(orderId))}`;
}

/** The configured issuers of tokens; the embedded mode has one of its own, and hands out the tokens of its parties. */
async function whoSpeaks(
  settings: ServiceSettings,
  outside: readonly TokenIssuer[],
  reads: Orm,
): Promise<Pick<ApiDeps, 'verify' | 'demoTokens'>> {
  if (outside.length > 0) return { verify: tokenVerifier(...outside) };
  if (!settings.embedded) {
    throw new SettingsError('TOKEN_ISSUER is missing: name the issuer of the access tokens (docs/identities.md)');
  }
  const issuer = await openDemoIssuer(join(settings.dataDir, 'keys'));
  return { verify: tokenVerifier(issuer), demoTokens: demoTokensOf(issuer, reads) };
}
