import type { Engine, EngineOptions } from '@resmask/engine';
import { Health, type MetricSet } from '@resmask/service-kit';
import { EngineMetrics } from './model/engine-metrics.js';
import { ModelHealth } from './model/model-health.js';
import { type WatchReference, watchTogether } from './model/reference-watch.js';
import { type FrameEvents, SILENT } from './stream/frame-events.js';
import { FrameMetrics } from './stream/frame-metrics.js';

/** What is told of the inference service to whoever watches it: health always, metrics where somebody reads them. */
export class InferenceObservation {
  readonly health = new Health();
  readonly frames: FrameEvents;
  readonly watchReference: WatchReference;
  readonly #models = new ModelHealth(this.health);
  readonly #engine: EngineMetrics | undefined;

  constructor(metrics: MetricSet | undefined) {
    const engine = metrics && new EngineMetrics(metrics);
    this.#engine = engine;
    this.frames = metrics ? new FrameMetrics(metrics) : SILENT;
    const health: WatchReference = (key) => this.#models.watch(key);
    this.watchReference = engine ? watchTogether([health, () => engine.watchReference()]) : health;
  }

  /** What the engine has to tell. */
  get engineEvents(): Pick<EngineOptions, 'onModelsChanged' | 'onBatch'> {
    const engine = this.#engine;
    return {
      onModelsChanged: () => this.#models.changed(),
      ...(engine && { onBatch: (batch) => engine.batch(batch) }),
    };
  }

  /** Looks at an engine from now on. */
  observe(engine: Engine): void {
    this.#models.observe(engine);
    this.#engine?.observe(engine);
  }
}
