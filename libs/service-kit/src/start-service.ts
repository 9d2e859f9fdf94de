import { setTimeout as delay } from 'node:timers/promises';
import { ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { authInterceptor } from './auth/auth-interceptor.js';
import { createAuthenticator } from './auth/create-authenticator.js';
import { PolicyTable } from './auth/policy-table.js';
import type { AnyServicePolicy } from './auth/service-policy.js';
import type { TokenSource } from './auth/token-source.js';
import type { CallErrors } from './call-errors.js';
import { DomainErrorFilter } from './domain-error-filter.js';
import type { Drain } from './drain.js';
import { GrpcStrategy } from './grpc-strategy.js';
import { Health } from './health.js';
import { NestLogger } from './logger.js';
import { readingAnything, refuseMalformed } from './malformed-messages.js';
import { callMetrics } from './metrics/call-metrics.js';
import { measureProcess } from './metrics/process-metrics.js';
import { OpenCallsInterceptor } from './open-calls.interceptor.js';
import type { Readiness } from './readiness.js';
import { reflectionOf } from './reflection.js';
import type { ServiceLog } from './service-log.js';
import type { serviceSettings } from './service-settings.js';
import type { Config } from './settings.js';
import type { Telemetry } from './telemetry.js';
import { openTls } from './tls/open-tls.js';

export interface ServiceParts {
  readonly module: Type | DynamicModule;
  readonly services: Readonly<Record<string, ServiceDefinition>>;
  /** Who may call what: for each service by its full name, a row for each RPC. */
  readonly policies: Readonly<Record<string, AnyServicePolicy>>;
  /** Where API tokens are looked up besides the principals file. */
  readonly tokenSources?: readonly TokenSource[];
  /** For a service that takes large files: bytes that a client may send ahead of what has been read. */
  readonly receiveWindowBytes?: number;
  readonly config: Config<ReturnType<typeof serviceSettings>>;
  readonly log: ServiceLog;
  readonly errors: CallErrors;
  readonly drain: Drain;
  readonly readiness: Readiness;
  readonly telemetry: Telemetry;
  /** Where an application says how parts of it are; made here if it has none to speak of. */
  readonly health?: Health;
}

export interface RunningService {
  readonly app: INestMicroservice;
  readonly port: number;
  /** NOT_SERVING, drain, stop. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts a Nest microservice with TLS, authentication, health, reflection, the error filter and draining. */
export async function startService(parts: ServiceParts): Promise<RunningService> {
  const { config, drain, errors, health = new Health(), log, readiness, services, telemetry } = parts;
  const names = Object.keys(services);
  const report = (ready: boolean): void => {
    for (const name of ['', ...names]) health.set(name, ready ? 'SERVING' : 'NOT_SERVING');
  };
  report(readiness.ready);
  readiness.onChange(report);
  const authenticator = await createAuthenticator(config, log.logger, parts.tokenSources);
  const tls = openTls(config, log.logger);
  const strategy = new GrpcStrategy({
    listen: config.listen,
    services: Object.fromEntries(
      Object.entries(services).map(([name, definition]) => [name, readingAnything(definition)]),
    ),
    receiveWindowBytes: parts.receiveWindowBytes,
    credentials: tls ?? ServerCredentials.createInsecure(),
    channelOptions: {
      // In this order: what cannot be read has no namespace that a rule could look at.
      interceptors: [
        ...(telemetry.metrics ? [callMetrics(telemetry.metrics, services)] : []),
        refuseMalformed(errors),
        authInterceptor(authenticator, new PolicyTable(services, parts.policies), errors),
      ],
      'grpc.max_receive_message_length': config.maxMessageBytes,
      'grpc.max_concurrent_streams': config.maxStreamsPerConnection,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
    },
    extend: (server) => {
      health.addTo(server);
      reflectionOf(names).addToServer(server);
    },
  });
  const app = await NestFactory.createMicroservice(parts.module, {
    strategy,
    logger: new NestLogger(log.logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new DomainErrorFilter(errors));
  app.useGlobalInterceptors(new OpenCallsInterceptor(drain));
  await measure(parts);
  await app.listen();
  log.logger.info({ listen: config.listen, port: strategy.port }, 'listening');
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    health.stop();
    log.logger.info({ openCalls: drain.openCalls }, 'draining');
    await delay(config.drainDelayMs);
    strategy.stopAccepting();
    drain.begin();
    const idle = await drain.idle(config.drainTimeoutMs);
    if (!idle) log.logger.warn({ openCalls: drain.openCalls }, 'calls were cut: the drain timeout is over');
    await app.close();
    tls?.close();
    log.logger.info('stopped');
  };
  return {
    app,
    port: strategy.port,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Begins to measure, and opens the endpoint where Prometheus reads it. */
async function measure({ config, drain, log, telemetry }: ServiceParts): Promise<void> {
  const { endpoint, metrics } = telemetry;
  if (!metrics) return;
  measureProcess();
  const open = { name: 'resmask.calls.open', description: 'Calls that are being served', unit: '{call}' };
  metrics.gauge(open, () => drain.openCalls);
  if (!endpoint) return;
  const port = await endpoint.listen(config.metricsListen);
  log.logger.info({ listen: config.metricsListen, metricsPort: port }, 'metrics can be read at /metrics');
}
