import { trace } from '@opentelemetry/api';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { IResource } from '@opentelemetry/resources';
import type { ServiceSettings } from './settings.ts';

/** What a process that traces has beside the spans of its own work. */
export interface Tracing {
  /** Takes spans that were made elsewhere: in the workflows' sandbox. */
  readonly processor: SpanProcessor;
  readonly resource: IResource;
  /** Sends what is still to be sent. */
  close(): Promise<void>;
}

/**
 * Starts to trace where `OTEL_EXPORTER_OTLP_ENDPOINT` is set: spans go there over OTLP (HTTP, JSON), in batches, and are dropped
 * when it does not take them. Otherwise nothing of the SDK is even loaded. The SDK reads its other variables itself, such as
 * `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_RESOURCE_ATTRIBUTES`.
 */
export async function startTracing(
  { otlpEndpoint, otelServiceName }: Pick<ServiceSettings, 'otlpEndpoint' | 'otelServiceName'>,
  process: 'api' | 'worker',
): Promise<Tracing | undefined> {
  if (otlpEndpoint === undefined) return undefined;
  const [{ NodeTracerProvider }, { BatchSpanProcessor }, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter: SpanExporter = new OTLPTraceExporter();
  const processor = new BatchSpanProcessor(exporter);
  const resource = resources.Resource.default()
    .merge(resources.envDetectorSync.detect())
    .merge(new resources.Resource({ 'service.name': otelServiceName ?? `countersign-${process}` }));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  provider.register();
  return {
    processor,
    resource,
    async close() {
      trace.disable();
      // Whoever receives the traces may be away: nobody waits for it.
      await provider.shutdown().catch(() => undefined);
    },
  };
}
