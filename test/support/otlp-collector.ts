import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a collector was sent. */
export interface OtlpExport {
  /** `/v1/traces`, `/v1/metrics` or `/v1/logs`. */
  readonly path: string;
  readonly body: Buffer;
}

/** Takes whatever OpenTelemetry sends, as JSON. */
export class OtlpCollector {
  readonly exports: OtlpExport[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      this.exports.push({ path: request.url ?? '', body: Buffer.concat(chunks) });
      response.end('{}');
    });
  }

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  /** Settings that make a process send everything here, often. */
  get environment(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    };
  }

  get spans(): Span[] {
    return this.#bodies('/v1/traces').flatMap((body) => readSpans(JSON.parse(body)));
  }

  /** Names of all metrics that were sent. */
  get metrics(): ReadonlySet<string> {
    return new Set(this.#bodies('/v1/metrics').flatMap((body) => readMetrics(JSON.parse(body))));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #bodies(wanted: string): string[] {
    return this.exports.filter(({ path }) => path === wanted).map(({ body }) => body.toString());
  }
}

export interface Span {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly events?: readonly unknown[];
}

interface TracesExport {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[];
  }[];
}

interface MetricsExport {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

function readSpans({ resourceSpans }: TracesExport): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ service, ...span })));
  });
}

function readMetrics({ resourceMetrics }: MetricsExport): string[] {
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
  );
}
