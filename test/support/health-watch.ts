import { once } from 'node:events';
import { type Client, type ClientReadableStream, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

/** What a service says of its health, as it changes. */
export class HealthWatch {
  readonly #client: Client;
  readonly #call: ClientReadableStream<{ status: string }>;
  #last = '';

  constructor(address: string) {
    const Health = makeGenericClientConstructor(healthService, 'Health');
    const client = new Health(address, credentials.createInsecure());
    this.#client = client;
    this.#call = client['watch']({ service: '' });
    this.#call.on('error', () => {});
    this.#call.on('data', ({ status }: { status: string }) => {
      this.#last = status;
    });
  }

  /** Waits until the service says so. @throws what ends the watch */
  async becomes(status: string): Promise<void> {
    while (this.#last !== status) await once(this.#call, 'data');
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}
