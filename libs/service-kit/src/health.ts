import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { service } from 'grpc-health-check';

/** What grpc.health.v1 says of a name that is known. */
export type HealthStatus = 'SERVING' | 'NOT_SERVING';

/** Health name that says only that the process lives: for a liveness probe, which must not depend on models or databases. */
export const LIVENESS = 'liveness';

interface HealthRequest {
  readonly service: string;
}
interface HealthResponse {
  readonly status: HealthStatus | 'SERVICE_UNKNOWN';
}
type Watcher = (response: HealthResponse) => void;

/**
 * grpc.health.v1 of a server: of the whole (the empty name), of its services, and of whatever else an application names, such as
 * models. Unlike grpc-health-check's own, names can be forgotten, and what nobody watches any more costs nothing.
 */
export class Health {
  readonly #statuses = new Map<string, HealthStatus>([[LIVENESS, 'SERVING']]);
  readonly #watchers = new Map<string, Set<Watcher>>();
  #stopped = false;

  set(name: string, health: HealthStatus): void {
    if (this.#stopped || this.#statuses.get(name) === health) return;
    this.#statuses.set(name, health);
    this.#tell(name);
  }

  /** Nothing is known of the name any more. */
  forget(name: string): void {
    if (this.#stopped || !this.#statuses.delete(name)) return;
    this.#tell(name);
  }

  /** The server stops: it lives, but nothing serves, whatever is set later. */
  stop(): void {
    for (const name of this.#statuses.keys()) if (name !== LIVENESS) this.set(name, 'NOT_SERVING');
    this.#stopped = true;
  }

  addTo(server: Server): void {
    server.addService(service, {
      check: ({ request }: ServerUnaryCall<HealthRequest, HealthResponse>, answer: sendUnaryData<HealthResponse>) => {
        const health = this.#statuses.get(request.service);
        if (health) answer(null, { status: health });
        else answer({ code: status.NOT_FOUND, details: `nothing here is called ${JSON.stringify(request.service)}` });
      },
      watch: (call: ServerWritableStream<HealthRequest, HealthResponse>) => this.#watch(call),
      // Callers of health are not identified, and other names than the services' are tenants' own.
      list: (_call: unknown, answer: sendUnaryData<unknown>) => answer(null, { statuses: this.#listed() }),
    });
  }

  #watch(call: ServerWritableStream<HealthRequest, HealthResponse>): void {
    const name = call.request.service;
    const watchers = this.#watchers.get(name) ?? new Set();
    const watcher: Watcher = (response) => call.write(response);
    this.#watchers.set(name, watchers.add(watcher));
    call.on('cancelled', () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name);
    });
    watcher(this.#responseOf(name));
  }

  #tell(name: string): void {
    for (const watcher of this.#watchers.get(name) ?? []) watcher(this.#responseOf(name));
  }

  #responseOf(name: string): HealthResponse {
    return { status: this.#statuses.get(name) ?? 'SERVICE_UNKNOWN' };
  }

  #listed(): Record<string, HealthResponse> {
    const names = [...this.#statuses.keys()].filter((name) => !name.includes('/'));
    return Object.fromEntries(names.map((name) => [name, this.#responseOf(name)]));
  }
}
