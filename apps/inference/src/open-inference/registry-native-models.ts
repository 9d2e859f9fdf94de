import type { OnModuleDestroy } from '@nestjs/common';
import { fromRegistry, type VersionSource } from '@resmask/engine';
import { type NativeRun, NativeSessions, type NativeSessionsOptions, type NativeTask } from '@resmask/engine/native';
import { formatModelName, parseVersionName } from '@resmask/resource-names';
import { type NativeModelDescription, type NativeModelState, NativeModels } from './native-models.js';
import { RecentVersions } from './recent-versions.js';
import type { VersionReference } from './version-reference.js';

/** Most versions of a model that are listed. */
const MAX_VERSIONS = 1000;

/** Models of the registry, each loaded in threads of its own when it is first used. */
export class RegistryNativeModels extends NativeModels implements OnModuleDestroy {
  readonly #recent = new RecentVersions();
  readonly #sessions: NativeSessions;

  constructor(
    readonly source: VersionSource,
    readonly options: Omit<NativeSessionsOptions, 'fetch'>,
  ) {
    super();
    this.#sessions = new NativeSessions({ ...options, fetch: (version) => source.fetch(version) });
  }

  override async describe({ parent, reference }: VersionReference): Promise<NativeModelDescription> {
    const version = await this.#recent.get(`${parent}/${reference}`, async () => {
      const resolution = await this.source.resolve(parent, reference);
      return resolution.version;
    });
    const { session, release } = await this.#sessions.acquire(version);
    release();
    const { namespace, model, version: number } = parseVersionName(version.name);
    const { output } = version.spec;
    return {
      version,
      model: formatModelName({ namespace, model }),
      number: String(number),
      ...session.signature,
      labels: output.task === 'expression' ? { [output.tensor]: output.labels } : {},
      provider: this.options.provider,
      sessions: this.options.workers,
    };
  }

  override async versions(model: string): Promise<string[]> {
    const numbers: string[] = [];
    try {
      for await (const { name } of this.source.registry.listModelVersions(model, { filter: 'state = STATE_READY' })) {
        numbers.push(String(parseVersionName(name).version));
        if (numbers.length === MAX_VERSIONS) break;
      }
    } catch (error) {
      throw fromRegistry(error);
    }
    return numbers;
  }

  override async infer({ version }: NativeModelDescription, task: NativeTask, signal: AbortSignal): Promise<NativeRun> {
    const { session, release } = await this.#sessions.acquire(version);
    try {
      return await session.run(task, signal);
    } finally {
      release();
    }
  }

  override async index(parent: string): Promise<NativeModelState[]> {
    const states: NativeModelState[] = [];
    const loaded = this.#sessions.loaded.map(({ name }) => parseVersionName(name));
    try {
      for await (const { name } of this.source.registry.listModels(parent)) {
        const numbers = loaded.filter((version) => formatModelName(version) === name).map(({ version }) => version);
        numbers.sort((a, b) => a - b);
        if (numbers.length === 0) states.push({ model: name, number: undefined });
        for (const number of numbers) states.push({ model: name, number: String(number) });
      }
    } catch (error) {
      throw fromRegistry(error);
    }
    return states;
  }

  override async unload(model: string): Promise<void> {
    const versions = this.#sessions.loaded.filter(({ name }) => formatModelName(parseVersionName(name)) === model);
    await Promise.all(versions.map(({ digest }) => this.#sessions.unload(digest)));
  }

  onModuleDestroy(): Promise<void> {
    return this.#sessions.close();
  }
}
