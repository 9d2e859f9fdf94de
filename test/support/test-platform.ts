import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { EvaluationClient, GateClient, InferenceClient, RegistryClient } from '@resmask/client';
import { publish } from './publish.js';
import { shippedModelFile } from './shipped-models.js';
import { createTestDatabase } from './test-database.js';
import { type ServiceName, TestService } from './test-service.js';

export const PARENT = 'namespaces/default';

/** What the container image sets for a service, for tests that look at its memory. */
export const IMAGE_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

/** Registry, and the other services when asked for, on a database and folders of their own. */
export class TestPlatform {
  readonly services = new Map<ServiceName, TestService>();
  readonly #clients: { close(): void }[] = [];

  private constructor(
    readonly folder: string,
    readonly databaseUrl: string,
  ) {}

  /** `settings` are the registry's environment variables. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<TestPlatform> {
    const folder = await mkdtemp(join(tmpdir(), 'resmask-test-'));
    const platform = new TestPlatform(folder, await createTestDatabase());
    const environment = { ...platform.environment, RESMASK_ARTIFACTS: join(folder, 'registry'), ...settings };
    platform.services.set('registry', await TestService.start('registry', environment));
    return platform;
  }

  /** Starts the inference service; `settings` are its environment variables. */
  async startInference(settings: Readonly<Record<string, string>> = {}): Promise<TestService> {
    return this.#add('inference', { RESMASK_WORKERS: '2', ...settings });
  }

  async startEvaluation(settings: Readonly<Record<string, string>> = {}): Promise<TestService> {
    return this.#add('evaluation', {
      RESMASK_ARTIFACTS: join(this.folder, 'evaluation'),
      RESMASK_WORKERS: '2',
      ...settings,
    });
  }

  /** Publishes and promotes the shipped classifier and detector, as `resmask up` does. */
  async publishShippedModels(): Promise<void> {
    for (const network of ['resmasking-compact', 'tiny-face-detector']) {
      await publish(
        this.registry,
        network,
        await shippedModelFile(network),
        defaultSpec(findArchitecture(network)),
        'production',
      );
    }
  }

  /** Publishes an untrained classifier under a name: small, fast, and different for each seed. */
  async publishUntrained(model: string, seed: number, alias?: string): Promise<string> {
    const architecture = findArchitecture('resmasking-compact');
    const { encodeModel } = await import('@resmask/onnx');
    const file = Buffer.from(encodeModel(buildGraph(architecture, seededWeights(seed)).build()));
    return publish(this.registry, model, file, defaultSpec(architecture), alias);
  }

  service(name: ServiceName): TestService {
    const service = this.services.get(name);
    if (!service) throw new TypeError(`${name} has not been started`);
    return service;
  }

  get registry(): RegistryClient {
    return this.#client(new RegistryClient(this.service('registry').address));
  }

  get gates(): GateClient {
    return this.#client(new GateClient(this.service('registry').address));
  }

  get inference(): InferenceClient {
    return this.#client(new InferenceClient(this.service('inference').address));
  }

  get evaluation(): EvaluationClient {
    return this.#client(new EvaluationClient(this.service('evaluation').address));
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const service of [...this.services.values()].reverse()) await service.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Environment every service of this platform shares. */
  get environment(): Record<string, string> {
    return { DATABASE_URL: this.databaseUrl, RESMASK_MIGRATE: 'on-start', RESMASK_CACHE: join(this.folder, 'cache') };
  }

  async #add(name: ServiceName, settings: Readonly<Record<string, string>>): Promise<TestService> {
    const environment = { ...this.environment, RESMASK_REGISTRY: this.service('registry').address, ...settings };
    const service = await TestService.start(name, environment);
    this.services.set(name, service);
    return service;
  }

  #client<Client extends { close(): void }>(client: Client): Client {
    this.#clients.push(client);
    return client;
  }
}
