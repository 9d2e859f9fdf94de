import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import { DomainError } from '@resmask/errors';
import { withPrometheusNames } from './prometheus-names.js';

/** Scrapers that may be connected at once. */
const MAX_CONNECTIONS = 16;
const MAX_REQUEST_MS = 10_000;

/** Answers `GET /metrics` as Prometheus reads it. It tells load, models' names and memory, so it is for operators' eyes. */
export class PrometheusEndpoint {
  /** What collects; its own server is never started, because it takes no free port. */
  readonly reader: PrometheusExporter;
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  #server: Server | undefined;

  constructor(metricProducers: MetricProducer[]) {
    this.reader = new PrometheusExporter({ preventServerStart: true, metricProducers });
  }

  /**
   * Begins to listen. @param listen `host:port`; port 0 takes a free one @returns the port
   * @throws DomainError CONFIG_INVALID if it cannot listen there.
   */
  async listen(listen: string): Promise<number> {
    const colon = listen.lastIndexOf(':');
    const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    const server = createServer((request, response) => this.#answer(request, response));
    server.maxConnections = MAX_CONNECTIONS;
    server.requestTimeout = MAX_REQUEST_MS;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(unusable(listen, error)));
      server.listen({ host, port: Number(listen.slice(colon + 1)) }, resolve);
    });
    server.unref();
    return (server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' || url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      const { resourceMetrics } = await this.reader.collect();
      const text = this.#serializer.serialize(withPrometheusNames(resourceMetrics));
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    } catch {
      // Only before OpenTelemetry is started, after it is stopped, or with OTEL_SDK_DISABLED.
      response.writeHead(503).end();
    }
  }
}

function unusable(listen: string, { message }: Error): DomainError {
  const advice = 'give every service of a machine a port of its own, port 0 for a free one, or off';
  return new DomainError('CONFIG_INVALID', `RESMASK_METRICS_LISTEN: ${listen} cannot be used (${message}); ${advice}`);
}
