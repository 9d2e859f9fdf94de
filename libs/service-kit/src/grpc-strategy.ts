import { setTimeout as delay } from 'node:timers/promises';
import {
  Server as GrpcServer,
  type ServerCredentials,
  type ServerOptions,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { type PackageDefinition } from '@grpc/proto-loader';
import { type CustomTransportStrategy, ServerGrpc } from '@nestjs/microservices';
import { widenReceiveWindow } from './receive-window.js';

/** Longest wait for the last bytes of ended calls. */
const FLUSH_MS = 1000;

export interface GrpcStrategyOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Generated service definitions by full name, e.g. `resmask.registry.v1.RegistryService`. */
  readonly services: Readonly<Record<string, ServiceDefinition>>;
  readonly channelOptions: ServerOptions;
  /** Bytes that a client may send ahead of what has been read; HTTP/2's 65,535 without it. */
  readonly receiveWindowBytes?: number | undefined;
  /** TLS or plain text. */
  readonly credentials: ServerCredentials;
  /** Adds services Nest knows nothing of, such as health and reflection. */
  readonly extend: (server: GrpcServer) => void;
}

/**
 * Nest's gRPC transport, with two differences: the port is bound after every handler is in place, and it can be read, because a
 * service on port 0 must say where it is.
 */
export class GrpcStrategy extends ServerGrpc implements CustomTransportStrategy {
  #server?: GrpcServer;
  #port = 0;
  #stopped: Promise<void> | undefined;
  #stopWidening = (): void => {};

  constructor(readonly strategy: GrpcStrategyOptions) {
    super({
      package: [...new Set(Object.keys(strategy.services).map(packageOf))],
      packageDefinition: strategy.services as PackageDefinition,
      channelOptions: strategy.channelOptions,
    });
  }

  get server(): GrpcServer {
    if (!this.#server) throw new TypeError('the gRPC server has not been created yet');
    return this.#server;
  }

  /** The bound port; 0 before `listen`. */
  get port(): number {
    return this.#port;
  }

  override async createClient(): Promise<GrpcServer> {
    this.#server = new GrpcServer(this.strategy.channelOptions);
    this.strategy.extend(this.#server);
    return this.#server;
  }

  override async start(callback?: () => void): Promise<void> {
    await this.bindEvents();
    this.#port = await this.#bind();
    const { receiveWindowBytes } = this.strategy;
    if (receiveWindowBytes) this.#stopWidening = widenReceiveWindow(this.#port, receiveWindowBytes);
    callback?.();
  }

  /** Takes no new connections and tells the open ones to go elsewhere; calls that are open go on. */
  stopAccepting(): void {
    this.#stopped ??= new Promise((resolve) => this.server.tryShutdown(() => resolve()));
  }

  override async close(): Promise<void> {
    this.stopAccepting();
    // Statuses of calls that have just ended are still on their way; a health watch would keep us for ever.
    await Promise.race([this.#stopped, delay(FLUSH_MS)]);
    this.server.forceShutdown();
    this.#stopWidening();
  }

  #bind(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(this.strategy.listen, this.strategy.credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }
}

function packageOf(service: string): string {
  return service.slice(0, service.lastIndexOf('.'));
}
