import { type ConnectOptions, EvaluationClient, GateClient, InferenceClient, RegistryClient } from '@resmask/client';
import type { Command } from 'commander';
import { type ConnectionOptions, readConnection } from './connection.js';
import { Output } from './terminal/output.js';

/** Options every command has. */
export interface GlobalOptions extends ConnectionOptions {
  readonly json: boolean;
  readonly namespace: string;
  readonly registry: string;
  readonly inference: string;
  readonly evaluation: string;
}

/** What a command works with; clients are made when first used and closed at the end. */
export class Context {
  readonly output: Output;
  readonly #closers: (() => void)[] = [];
  #connection?: ConnectOptions;
  #registry?: RegistryClient;
  #gates?: GateClient;
  #inference?: InferenceClient;
  #evaluation?: EvaluationClient;

  constructor(readonly options: GlobalOptions) {
    this.output = new Output(options.json);
  }

  /** `namespaces/…`, the parent of every resource. */
  get parent(): string {
    return `namespaces/${this.options.namespace}`;
  }

  /** How services are reached, and as whom. @throws DomainError FILE_UNREADABLE for certificates that cannot be read */
  get connection(): ConnectOptions {
    this.#connection ??= readConnection(this.options);
    return this.#connection;
  }

  get registry(): RegistryClient {
    this.#registry ??= this.#closing(new RegistryClient(this.options.registry, this.connection));
    return this.#registry;
  }

  get gates(): GateClient {
    this.#gates ??= this.#closing(new GateClient(this.options.registry, this.connection));
    return this.#gates;
  }

  get inference(): InferenceClient {
    this.#inference ??= this.#closing(new InferenceClient(this.options.inference, this.connection));
    return this.#inference;
  }

  get evaluation(): EvaluationClient {
    this.#evaluation ??= this.#closing(new EvaluationClient(this.options.evaluation, this.connection));
    return this.#evaluation;
  }

  close(): void {
    for (const close of this.#closers) close();
  }

  #closing<Client extends { close(): void }>(client: Client): Client {
    this.#closers.push(() => client.close());
    return client;
  }
}

/** Makes a commander action of a function that takes the context, the arguments and the command's own options. */
export function action<Arguments extends unknown[], Options>(
  run: (context: Context, options: Options, ...args: Arguments) => Promise<void>,
): (this: Command, ...args: unknown[]) => Promise<void> {
  return async function act(this: Command) {
    const options = this.optsWithGlobals<GlobalOptions & Options>();
    const context = new Context(options);
    try {
      await run(context, options, ...(this.processedArgs as Arguments));
    } finally {
      context.close();
    }
  };
}
