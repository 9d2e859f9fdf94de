import {
  type MetricProducer,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 30_000;

/** Sends metrics to the collector the standard variables name, as often as they say; the SDK's own takes no producers. */
export async function otlpReader(
  environment: NodeJS.ProcessEnv,
  metricProducers: MetricProducer[],
): Promise<MetricReader> {
  const exportIntervalMillis = positive(environment['OTEL_METRIC_EXPORT_INTERVAL'], INTERVAL_MS);
  const timeout = positive(environment['OTEL_METRIC_EXPORT_TIMEOUT'], TIMEOUT_MS);
  return new PeriodicExportingMetricReader({
    exporter: await exporterOf(environment),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(timeout, exportIntervalMillis),
    metricProducers,
  });
}

async function exporterOf(environment: NodeJS.ProcessEnv): Promise<PushMetricExporter> {
  const protocol =
    environment['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] || environment['OTEL_EXPORTER_OTLP_PROTOCOL'] || '';
  switch (protocol.trim()) {
    case 'grpc':
      return new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter();
    case 'http/json':
      return new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter();
    default:
      return new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter();
  }
}

function positive(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return value > 0 ? value : fallback;
}
