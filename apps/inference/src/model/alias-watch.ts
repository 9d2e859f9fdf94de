import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryClient } from '@resmask/client';
import type { Logger } from '@resmask/service-kit';
import type { ServingModels } from './serving-models.js';

/** Besides being told, references are looked at this often: a watch that is silently dead must not pin an old version for ever. */
const LOOK_MS = 60_000;
/** Pause before a watch that failed for good is opened again, and between looks for new namespaces. */
const RETRY_MS = 1000;

/** Follows the registry's events and has the served references looked at again when something of their model changed. */
export class AliasWatch {
  readonly #watched = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    readonly registry: RegistryClient,
    readonly models: ServingModels,
    readonly logger: Logger,
  ) {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#watched.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let looked = performance.now();
    while (!signal.aborted) {
      for (const namespace of this.models.namespaces) {
        if (!this.#watched.has(namespace)) this.#watched.set(namespace, this.#watch(namespace));
      }
      if (performance.now() - looked > LOOK_MS) {
        looked = performance.now();
        await this.models.refresh(() => true);
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #watch(namespace: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const events = this.registry.watchEvents(namespace, {
          after: -1,
          signal,
          // What changed before, while there was no watch or no registry.
          onConnected: () => this.#look((key) => key.startsWith(`${namespace}/`)),
        });
        for await (const { resource } of events) this.#changed(resource);
      } catch (error) {
        this.logger.warn({ namespace, err: error }, 'the registry cannot be watched; it is asked now and then instead');
        await delay(LOOK_MS / 6, undefined, { signal }).catch(() => {});
      }
    }
  }

  #changed(resource: string): void {
    const model = /^namespaces\/[^/]+\/models\/[^/]+/.exec(resource)?.[0];
    if (!model) return;
    this.#look((key) => key === model || key.startsWith(`${model}@`));
  }

  #look(wanted: (key: string) => boolean): void {
    this.models
      .refresh(wanted)
      .catch((error: unknown) => this.logger.error({ err: error }, 'references were not refreshed'));
  }
}
