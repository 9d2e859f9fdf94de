import type { Recognition } from '@resmask/engine';
import {
  type BoundCounter,
  type BoundHistogram,
  DURATION_BUCKETS,
  type Metric,
  type MetricSet,
} from '@resmask/service-kit';
import type { FrameEvents, FrameWaits, ShadowVerdict } from './frame-events.js';
import type { Drop } from './stream-answers.js';

const PHASES = ['receive', 'decode', 'detect', 'queue', 'infer', 'send', 'total'] as const;

const PHASE_DURATION: Metric = {
  name: 'resmask.frame.phase.duration',
  description:
    'Time of recognised frames by phase; `send` is the wait for the answers before, `total` is from reading to writing',
  unit: 's',
};
const RECOGNIZED: Metric = { name: 'resmask.frames.recognized', description: 'Frames recognised', unit: '{frame}' };
const FACES: Metric = { name: 'resmask.faces.recognized', description: 'Faces in recognised frames', unit: '{face}' };
const DROPPED: Metric = { name: 'resmask.frames.dropped', description: 'Live frames that never ran', unit: '{frame}' };
const FAILED: Metric = {
  name: 'resmask.frames.failed',
  description: 'Frames answered by an error, by its reason',
  unit: '{frame}',
};
const SHADOWED: Metric = {
  name: 'resmask.shadow.faces',
  description: 'Faces shown to a shadow after they were answered, by whether its most probable label was the same',
  unit: '{face}',
};
const STREAMS: Metric = { name: 'resmask.streams.open', description: 'Streams that are open', unit: '{stream}' };

/** What is measured of one version's frames. */
interface VersionInstruments {
  readonly phases: Readonly<Record<(typeof PHASES)[number], BoundHistogram>>;
  readonly frames: BoundCounter;
  readonly faces: BoundCounter;
}

const NAME = /^(namespaces\/[^/]+\/models\/[^/]+)\/versions\/(\d+)$/;

/** Measures frames. Every label is bound when its first frame comes, so that the others only add numbers. */
export class FrameMetrics implements FrameEvents {
  readonly #versions = new Map<string, VersionInstruments>();
  readonly #dropped: Readonly<Record<Drop, BoundCounter>>;
  readonly #failed = new Map<string, BoundCounter>();
  readonly #shadowed = new Map<string, BoundCounter>();
  #streams = 0;

  constructor(readonly metrics: MetricSet) {
    const dropped = (reason: Drop): BoundCounter => metrics.counter(DROPPED, { reason });
    this.#dropped = {
      superseded: dropped('superseded'),
      expired: dropped('expired'),
      'rate-limited': dropped('rate-limited'),
    };
    metrics.gauge(STREAMS, () => this.#streams);
  }

  streamOpened(): void {
    this.#streams += 1;
  }

  streamClosed(): void {
    this.#streams -= 1;
  }

  recognized({ faces, timings }: Recognition, version: string, waits: FrameWaits): void {
    const instruments = this.#versions.get(version) ?? this.#bind(version);
    const { phases } = instruments;
    phases.receive.record(waits.receiveMs / 1000);
    phases.decode.record(timings.prepare / 1000);
    // A frame whose faces were given was not searched.
    if (timings.detect > 0) phases.detect.record(timings.detect / 1000);
    phases.queue.record(timings.queue / 1000);
    if (timings.batchSize > 0) phases.infer.record(timings.infer / 1000);
    phases.send.record(waits.sendMs / 1000);
    phases.total.record(waits.totalMs / 1000);
    instruments.frames.add(1);
    instruments.faces.add(faces.length);
  }

  dropped(drop: Drop): void {
    this.#dropped[drop].add(1);
  }

  failed(reason: string): void {
    const counter = this.#failed.get(reason) ?? this.metrics.counter(FAILED, { reason });
    this.#failed.set(reason, counter);
    counter.add(1);
  }

  shadowCompared(name: string, verdict: ShadowVerdict): void {
    const key = `${verdict} ${name}`;
    const counter = this.#shadowed.get(key) ?? this.metrics.counter(SHADOWED, { ...modelOf(name), verdict });
    this.#shadowed.set(key, counter);
    counter.add(1);
  }

  /** Durations by model, because every version of it would make the histograms once more; counts by version. */
  #bind(name: string): VersionInstruments {
    const { model, version } = modelOf(name);
    const phases = PHASES.map((phase) => [
      phase,
      this.metrics.histogram(PHASE_DURATION, DURATION_BUCKETS, { model, phase }),
    ]);
    const instruments: VersionInstruments = {
      phases: Object.fromEntries(phases),
      frames: this.metrics.counter(RECOGNIZED, { model, version }),
      faces: this.metrics.counter(FACES, { model, version }),
    };
    this.#versions.set(name, instruments);
    return instruments;
  }
}

function modelOf(name: string): { model: string; version: string } {
  const [, model = name, version = ''] = NAME.exec(name) ?? [];
  return { model, version };
}
