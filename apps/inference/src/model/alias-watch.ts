import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryClient } from '@resmask/client';
import type { Logger } from '@resmask/service-kit';
import type { ServingModels } from './serving-models.js';

/** Besides being told, references are looked at this often: a watch that is silently dead must not pin an old version for ever. */
const LOOK_MS = 60_000;
/** A watch has begun by then. */
const SECOND_LOOK_MS = 2000;
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
        // What changed before the watch was there.
        const events = this.registry.watchEvents(namespace, { after: -1, signal });
        const first = events.next();
        const look = () => this.models.refresh((key) => key.startsWith(`${namespace}/`));
        await look();
        // … and what changed while it was being opened, which nothing tells of.
        delay(SECOND_LOOK_MS, undefined, { signal })
          .then(look)
          .catch(() => {});
        for (let next = await first; !next.done; next = await events.next()) this.#changed(next.value.resource);
      } catch (error) {
        this.logger.warn({ namespace, err: error }, 'the registry cannot be watched; it is asked now and then instead');
        await delay(LOOK_MS / 6, undefined, { signal }).catch(() => {});
      }
    }
  }

  #changed(resource: string): void {
    const model = /^namespaces\/[^/]+\/models\/[^/]+/.exec(resource)?.[0];
    if (!model) return;
    const of = (key: string): boolean => key === model || key.startsWith(`${model}@`);
    this.models
      .refresh(of)
      .catch((error: unknown) => this.logger.error({ err: error }, 'references were not refreshed'));
  }
}
