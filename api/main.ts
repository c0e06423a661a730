import { setTimeout as sleep } from 'node:timers/promises';
import { parseServiceSettings, settingsOrExit, SettingsError } from '../platform/settings.ts';
import { startTracing } from '../platform/tracing.ts';
import { createApp, createMetricsApp } from './app.ts';
import { buildDeps } from './build-deps.ts';
import { createMetrics } from './http/middleware.ts';
import { serve, serveAt } from './serve.ts';

/** The API process: settings, dependencies, listen; at SIGTERM or SIGINT it is no longer ready, finishes what it took and ends. */
async function main(): Promise<void> {
  const settings = settingsOrExit(parseServiceSettings);
  const tracing = await startTracing(settings, 'api');
  const built = await buildDeps(settings);
  const { logger } = built.deps;
  const metrics = createMetrics();
  const ending = new AbortController();
  const api = await serve(createApp({ ...built.deps, ending: ending.signal }, metrics), settings);
  const { metricsAddress } = settings;
  const scraped = metricsAddress && (await serveAt(createMetricsApp(metrics), metricsAddress, 'METRICS_ADDRESS'));
  // Heard before it is said that it listens: whoever reads that may end it at once.
  const asked = nextSignal();
  logger.info({ url: api.url }, 'listening');
  const signal = await asked;
  logger.info({ signal, pauseMs: settings.drainPauseMs }, 'finishing');
  // Whoever sends callers here asks every few seconds whether it is ready: until it knows, they are answered.
  ending.abort();
  api.drain();
  await pause(settings.drainPauseMs);
  built.deps.events.close();
  await api.close();
  if (scraped) await scraped.close();
  await built.close();
  await tracing?.close();
}

/** A second signal ends it: whoever sends it knows that nobody is sent here any more. */
async function pause(durationMs: number): Promise<void> {
  const hurried = new AbortController();
  void nextSignal().then(() => hurried.abort());
  await sleep(durationMs, undefined, { signal: hurried.signal }).catch(() => undefined);
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
});
