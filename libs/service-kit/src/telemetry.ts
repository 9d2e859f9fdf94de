import { register } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { MetricSet } from './metrics/metric-set.js';
import type { PrometheusEndpoint } from './metrics/prometheus-endpoint.js';

export interface Telemetry {
  /** Where measurements go; nothing is measured while nobody reads it. */
  readonly metrics: MetricSet | undefined;
  /** Where Prometheus may read them. */
  readonly endpoint: PrometheusEndpoint | undefined;
  /** Sends what is still waiting, for five seconds at most. */
  shutdown(): Promise<void>;
}

/** A collector that is away must not keep a service from stopping. */
const SHUTDOWN_MS = 5000;

/**
 * Starts tracing and metrics when OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT, …_METRICS_ENDPOINT) names a collector, and metrics
 * when RESMASK_METRICS_LISTEN is set; off otherwise. The standard OTEL_* variables choose protocol, sampler, interval and resource
 * attributes. Must run before anything loads @grpc/grpc-js.
 */
export async function startTelemetry(
  serviceName: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Telemetry> {
  const traces = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  // Without this hook ES modules get the unpatched grpc-js: client spans vanish, and every server span is a root.
  if (traces) register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const { metrics, endpoint, readers } = await openMetrics(environment);
  if (!traces && !metrics) return { metrics, endpoint, shutdown: async () => {} };
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({
    serviceName: environment['OTEL_SERVICE_NAME'] ?? serviceName,
    metricReaders: readers,
    logRecordProcessors: [],
    ...(traces ? { instrumentations: [await grpcInstrumentation()] } : { spanProcessors: [] }),
  });
  sdk.start();
  const shutdown = async (): Promise<void> => {
    endpoint?.close();
    await Promise.race([sdk.shutdown(), delay(SHUTDOWN_MS, undefined, { ref: false })]);
  };
  return { metrics, endpoint, shutdown };
}

async function openMetrics(environment: NodeJS.ProcessEnv) {
  // What is written there is checked with all other settings, when the service starts.
  const listens = !['', 'off'].includes(environment['RESMASK_METRICS_LISTEN'] ?? '');
  const exported = exportsMetrics(environment);
  if (!listens && !exported) return { metrics: undefined, endpoint: undefined, readers: [] };
  const { MetricSet } = await import('./metrics/metric-set.js');
  const { PrometheusEndpoint } = await import('./metrics/prometheus-endpoint.js');
  const metrics = new MetricSet();
  const endpoint = listens ? new PrometheusEndpoint([metrics]) : undefined;
  const readers = [
    ...(endpoint ? [endpoint.reader] : []),
    ...(exported ? [await openOtlpReader(environment, metrics)] : []),
  ];
  return { metrics, endpoint, readers };
}

/** Whether the standard variables name a collector for metrics. */
function exportsMetrics(environment: NodeJS.ProcessEnv): boolean {
  const exporters = (environment['OTEL_METRICS_EXPORTER'] || 'otlp').split(',').map((name) => name.trim());
  const endpoint = environment['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return Boolean(endpoint) && exporters.includes('otlp');
}

async function openOtlpReader(environment: NodeJS.ProcessEnv, metrics: MetricSet) {
  const { otlpReader } = await import('./metrics/otlp-reader.js');
  return otlpReader(environment, [metrics]);
}

async function grpcInstrumentation() {
  const { GrpcInstrumentation } = await import('@opentelemetry/instrumentation-grpc');
  return new GrpcInstrumentation({ ignoreGrpcMethods: ['Check', 'Watch', 'List', 'ServerReflectionInfo'] });
}
