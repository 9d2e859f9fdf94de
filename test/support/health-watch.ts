import { once } from 'node:events';
import { type Client, type ClientReadableStream, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

/** What a service says of its health, as it changes. */
export class HealthWatch {
  readonly #client: Client;
  readonly #call: ClientReadableStream<{ status: string }>;
  readonly #seen: string[] = [];

  /** @param service the empty name is the server as a whole */
  constructor(address: string, service = '') {
    const Health = makeGenericClientConstructor(healthService, 'Health');
    const client = new Health(address, credentials.createInsecure());
    this.#client = client;
    this.#call = client['watch']({ service });
    this.#call.on('error', () => {});
    this.#call.on('data', ({ status }: { status: string }) => {
      this.#seen.push(status);
    });
  }

  /** Waits until the service says so. @throws what ends the watch */
  async becomes(status: string): Promise<void> {
    while (this.#seen.at(-1) !== status) await once(this.#call, 'data');
  }

  /** Everything it has said, in order. */
  get seen(): readonly string[] {
    return this.#seen;
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}
