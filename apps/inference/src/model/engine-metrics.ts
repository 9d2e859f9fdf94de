import type { BatchRun, CachedModel, Engine, LoadState } from '@resmask/engine';
import type { BoundHistogram, GaugePoint, Metric, MetricSet } from '@resmask/service-kit';
import type { ReferenceWatch } from './reference-watch.js';

const BATCH_SIZE: Metric = { name: 'resmask.batch.size', description: 'Images of one run of a model', unit: '{image}' };
const BATCH_BUCKETS = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const QUEUE_DEPTH: Metric = {
  name: 'resmask.queue.depth',
  description: 'Frames of all streams and calls that wait for their turn',
  unit: '{frame}',
};
const VERSIONS: Metric = {
  name: 'resmask.model.versions',
  description: 'Versions on this server, 1 each, by their state: ready, loading, failed',
  unit: '{version}',
};
const MEMORY: Metric = {
  name: 'resmask.model.memory',
  description: 'Memory for loaded versions: weights times sessions',
  unit: 'By',
};
const PROVIDER: Metric = { name: 'resmask.provider', description: 'What computes: 1 for that provider', unit: '1' };
const SWITCHES: Metric = {
  name: 'resmask.model.switches',
  description: 'Times a reference came to mean another version between two frames',
  unit: '{switch}',
};

/** The better of two states of one version, whose serving and explaining sessions are loaded separately. */
const RANK: Readonly<Record<LoadState, number>> = { ready: 2, loading: 1, failed: 0 };

/** Measures the engine: batches as they run, the rest whenever somebody reads. */
export class EngineMetrics {
  readonly #batches = new Map<string, BoundHistogram>();

  constructor(readonly metrics: MetricSet) {}

  /** One run of a model. */
  batch({ version, images }: BatchRun): void {
    const histogram = this.#batches.get(version) ?? this.#bind(version);
    histogram.record(images);
  }

  /** Counts how often one reference comes to mean another version. */
  watchReference(): ReferenceWatch {
    let serves = false;
    return {
      serving: (version) => {
        if (serves) this.metrics.counter(SWITCHES, { model: modelOf(version) }).add(1);
        serves = true;
      },
      failed: () => {},
      released: () => {},
    };
  }

  /** Has the engine read whenever somebody collects. */
  observe(engine: Engine): void {
    this.metrics.gauge(QUEUE_DEPTH, () => engine.waiting);
    this.metrics.gauge(VERSIONS, () => versionPoints(engine.models));
    this.metrics.gauge(MEMORY, () => memoryPoints(engine.models));
    this.metrics.gauge(PROVIDER, () => [{ value: 1, attributes: { provider: engine.provider } }]);
  }

  #bind(version: string): BoundHistogram {
    const histogram = this.metrics.histogram(BATCH_SIZE, BATCH_BUCKETS, { model: modelOf(version) });
    this.#batches.set(version, histogram);
    return histogram;
  }
}

function versionPoints(models: readonly CachedModel[]): GaugePoint[] {
  const states = new Map<string, LoadState>();
  for (const { version, state } of models) {
    const known = states.get(version.name);
    if (!known || RANK[state] > RANK[known]) states.set(version.name, state);
  }
  return [...states].map(([name, state]) => ({ value: 1, attributes: { ...labelsOf(name), state } }));
}

function memoryPoints(models: readonly CachedModel[]): GaugePoint[] {
  const bytes = new Map<string, number>();
  for (const { version, state, plan } of models) {
    if (state !== 'failed') bytes.set(version.name, (bytes.get(version.name) ?? 0) + plan.memoryBytes);
  }
  return [...bytes].map(([name, value]) => ({ value, attributes: labelsOf(name) }));
}

/** A version's resource name as two labels, so that a dashboard can take a model's versions together. */
function labelsOf(name: string): { model: string; version: string } {
  const [model, version = ''] = name.split('/versions/');
  return { model, version };
}

function modelOf(name: string): string {
  return labelsOf(name).model;
}
