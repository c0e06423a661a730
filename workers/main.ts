import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, type LogEntry } from '@temporalio/worker';
import { openOffice } from '../office/open.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { parseServiceSettings, settingsOrExit, type ServiceSettings } from '../platform/settings.ts';
import { privateSiteRule } from '../platform/settings-sites.ts';
import { startTracing } from '../platform/tracing.ts';
import { connectTemporal, temporalConnectOptions } from '../platform/temporal-client.ts';
import { workflowRegister } from '../platform/workflow-facts.ts';
import { ORDER_WORKFLOW } from '../workflows/messages/definitions.ts';
import { createOrderWorker } from './order-worker.ts';
import { createPartiesWorker } from './parties.ts';
import { showPools } from './process-metrics.ts';
import { ensureReconciliation } from './reconciliation-schedule.ts';
import { logSteps } from './step-log.ts';
import { runSink, traceSteps } from './step-trace.ts';
import { openWebhooks } from './webhooks.ts';
import { bundleWorkflows, CLOSED_FAILURES } from './workflow-bundle.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The worker process: runs workflows and activities until SIGTERM or SIGINT, then finishes what it has begun. */
async function main(): Promise<void> {
  const settings = settingsOrExit(parseServiceSettings);
  const logger = createLogger({ name: 'worker', level: settings.logLevel });
  installRuntime(settings, logger);
  const tracing = await startTracing(settings, 'worker');
  const closedFailures = settings.payloadKeysFile !== undefined;
  const [office, workflowBundle] = await Promise.all([
    openOffice(settings, 'worker'),
    bundleWorkflows(undefined, { closedFailures }),
  ]);
  const { namespace, ...connect } = temporalConnectOptions(settings);
  for (const fault of office.keyFaults) logger.error(fault);
  // First the client, which says in one line where nobody answers.
  const client = await connectTemporal(settings);
  const connection = await NativeConnection.connect(connect);
  const interceptors = { activity: [...(tracing ? [traceSteps] : []), logSteps(logger)] };
  const { payloadCodecs } = client.options.loadedDataConverter;
  const dataConverter = { payloadCodecs, ...(closedFailures && { failureConverterPath: CLOSED_FAILURES }) };
  const worker = await createOrderWorker({
    connection,
    workflows: workflowRegister(client, ORDER_WORKFLOW),
    namespace,
    workflowBundle,
    dataConverter,
    comparisons: office.dedicated,
    deps: { ...office, clock: () => new Date(), checkLifetimeMs: settings.checkLifetimeDays * DAY_MS },
    version: settings.workerVersion,
    interceptors,
    sinks: runSink(tracing),
  });
  const parties = await createPartiesWorker({
    connection,
    namespace,
    dataConverter,
    deps: { ...office, clock: () => new Date(), privateSiteAllowed: privateSiteRule(settings) },
    version: settings.workerVersion,
    interceptors,
  });
  const webhooks = await openWebhooks({
    connection,
    connect,
    namespace,
    workflowBundle,
    dataConverter,
    deps: { ...office, allowPrivateTargets: settings.webhookPrivateTargets },
    interceptors,
    databaseUrl: settings.directUrl,
    logger,
    version: settings.workerVersion,
  });
  await ensureReconciliation(client);
  const hidePools = showPools(office.pools);
  logger.info({ namespace, address: connect.address }, 'working');
  // For whoever started this process with a channel (`npm start`).
  process.send?.('ready');
  await Promise.all([worker.run(), parties.run(), webhooks.run()]);
  hidePools();
  await webhooks.close();
  await client.connection.close();
  await connection.close();
  await office.close();
  await tracing?.close();
}

/** Temporal's own log lines go into ours; its metrics to Prometheus where an address is set; it handles SIGTERM and SIGINT. */
function installRuntime({ workerMetricsAddress, logLevel }: ServiceSettings, logger: Logger): void {
  const level = ({ level: entryLevel, message, meta }: LogEntry): void => {
    const write = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
    logger[write[entryLevel]]({ ...meta, timestampNanos: undefined }, message);
  };
  Runtime.install({
    logger: new DefaultLogger(logLevel === 'debug' || logLevel === 'trace' ? 'DEBUG' : 'INFO', level),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      ...(workerMetricsAddress && { metrics: { prometheus: { bindAddress: workerMetricsAddress } } }),
    },
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
