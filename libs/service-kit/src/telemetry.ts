import { register } from 'node:module';

export interface Telemetry {
  /** Sends what is still waiting. */
  shutdown(): Promise<void>;
}

/**
 * Starts tracing when OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) names a collector; off otherwise. The standard OTEL_*
 * variables choose protocol, sampler and resource attributes. Must run before anything loads @grpc/grpc-js.
 */
export async function startTelemetry(
  serviceName: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Telemetry> {
  const endpoint = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint) return { shutdown: async () => {} };
  // Without this hook ES modules get the unpatched grpc-js: client spans vanish, and every server span is a root.
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { GrpcInstrumentation } = await import('@opentelemetry/instrumentation-grpc');
  const sdk = new NodeSDK({
    serviceName: environment['OTEL_SERVICE_NAME'] ?? serviceName,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [new GrpcInstrumentation({ ignoreGrpcMethods: ['Check', 'Watch', 'ServerReflectionInfo'] })],
  });
  sdk.start();
  return { shutdown: () => sdk.shutdown() };
}
