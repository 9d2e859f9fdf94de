import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgres } from '@resmask/database';
import { ServiceProcess } from './service-process.js';
import { StateLock } from './state-lock.js';

export interface PlatformOptions {
  /** Everything that lasts lies here. */
  readonly folder: string;
  /** Where each service listens; port 0 takes a free one. */
  readonly listen: { readonly registry: string; readonly inference: string; readonly evaluation: string };
  /** A database of the user's own; without it a server is started in the folder. */
  readonly databaseUrl?: string;
  /** Settings of every service, in place of what this process's environment says. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly tell: (text: string) => void;
}

/** PostgreSQL and the three services on this machine. */
export class Platform {
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #services = new Map<string, ServiceProcess>();

  private constructor(readonly options: PlatformOptions) {}

  /** Starts everything in order, or nothing: what had started is stopped again if a later part fails. */
  static async start(options: PlatformOptions): Promise<Platform> {
    const platform = new Platform(options);
    try {
      await platform.#start();
      return platform;
    } catch (error) {
      await platform.stop();
      throw error;
    }
  }

  /** `host:port` of a service. */
  address(service: 'registry' | 'inference' | 'evaluation'): string {
    return this.#running(service).address;
  }

  pid(service: 'registry' | 'inference' | 'evaluation'): number | undefined {
    return this.#running(service).pid;
  }

  /** Stops in the reverse order of starting. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async #start(): Promise<void> {
    const { folder, listen, tell } = this.options;
    await mkdir(join(folder, 'logs'), { recursive: true });
    const lock = await StateLock.take(folder);
    this.#stops.push(() => lock.release());
    const databaseUrl = this.options.databaseUrl ?? (await this.#startPostgres());
    const common = {
      DATABASE_URL: databaseUrl,
      // One that belongs to another database must not reach ours.
      ...(this.options.databaseUrl ? {} : { DATABASE_DIRECT_URL: '' }),
      RESMASK_MIGRATE: 'on-start',
      RESMASK_CACHE: join(folder, 'cache'),
      ...this.options.settings,
    };
    await this.#startService('registry', listen.registry, { ...common, RESMASK_ARTIFACTS: join(folder, 'registry') });
    const registry = { ...common, RESMASK_REGISTRY: this.address('registry') };
    await this.#startService('inference', listen.inference, registry);
    await this.#startService('evaluation', listen.evaluation, {
      ...registry,
      RESMASK_ARTIFACTS: join(folder, 'evaluation'),
    });
    tell('registry, inference and evaluation are running');
  }

  async #startPostgres(): Promise<string> {
    const folder = join(this.options.folder, 'postgres');
    const postgres = await EmbeddedPostgres.start({ folder });
    this.#stops.push(() => postgres.stop());
    this.options.tell('PostgreSQL is running');
    return postgres.url;
  }

  async #startService(name: string, listen: string, environment: Record<string, string>): Promise<void> {
    const { folder, tell } = this.options;
    const logFile = join(folder, 'logs', `${name}.log`);
    const service = await ServiceProcess.start({ name, listen, environment, logFile, onRestart: tell });
    this.#services.set(name, service);
    this.#stops.push(() => service.stop());
  }

  #running(name: string): ServiceProcess {
    const service = this.#services.get(name);
    if (!service) throw new TypeError(`${name} has not been started`);
    return service;
  }
}
