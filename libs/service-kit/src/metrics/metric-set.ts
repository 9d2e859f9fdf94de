import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { BoundCounter } from './bound-counter.js';
import { BoundHistogram } from './bound-histogram.js';

/** What a metric is called, as in OpenTelemetry: no unit in the name. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  /** UCUM: `s`, `By`, or a thing that is counted, as in `{frame}`. */
  readonly unit: string;
}

/** A value of this moment. */
export interface GaugePoint {
  readonly value: number;
  readonly attributes: Attributes;
}

interface Series<Instrument> {
  readonly attributes: Attributes;
  readonly instrument: Instrument;
}

interface Family<Instrument> {
  readonly metric: Metric;
  readonly series: Map<string, Series<Instrument>>;
}

/** Attributes of one metric beyond this many share a series, as in OpenTelemetry's SDK. */
const MAX_SERIES = 2000;
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

/**
 * Instruments for hot paths, bound to their attributes once and collected by OpenTelemetry's readers. The SDK's own write a JSON text for
 * every value that has attributes, and show what once was observed for ever.
 */
export class MetricSet implements MetricProducer {
  readonly #startedAt = hrTime();
  readonly #counters = new Map<string, Family<BoundCounter>>();
  readonly #histograms = new Map<string, Family<BoundHistogram>>();
  readonly #gauges = new Map<string, { metric: Metric; read: () => readonly GaugePoint[] }>();

  /** The counter of these attributes. */
  counter(metric: Metric, attributes: Attributes = {}): BoundCounter {
    return bind(this.#counters, metric, attributes, () => new BoundCounter());
  }

  /** The histogram of these attributes. @param boundaries upper bounds of its buckets */
  histogram(metric: Metric, boundaries: readonly number[], attributes: Attributes = {}): BoundHistogram {
    return bind(this.#histograms, metric, attributes, () => new BoundHistogram(boundaries));
  }

  /** Reads values whenever somebody collects; attributes that are not read any more are gone. */
  gauge(metric: Metric, read: () => number | readonly GaugePoint[]): void {
    const points = (): readonly GaugePoint[] => {
      const values = read();
      return typeof values === 'number' ? [{ value: values, attributes: {} }] : values;
    };
    this.#gauges.set(metric.name, { metric, read: points });
  }

  async collect(): Promise<CollectionResult> {
    const metrics = [...this.#counterData(), ...this.#histogramData(), ...this.#gaugeData()];
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: 'resmask' }, metrics }];
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
  }

  #counterData(): MetricData[] {
    return [...this.#counters.values()].map(({ metric, series }) => ({
      ...dataOf(metric),
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [...series.values()].map(({ attributes, instrument }) => this.#point(instrument.value, attributes)),
    }));
  }

  #histogramData(): MetricData[] {
    return [...this.#histograms.values()].map(({ metric, series }) => ({
      ...dataOf(metric),
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [...series.values()].map(({ attributes, instrument }) => {
        const { boundaries, counts, sum, count } = instrument;
        return this.#point({ buckets: { boundaries: [...boundaries], counts }, sum, count }, attributes);
      }),
    }));
  }

  #gaugeData(): MetricData[] {
    return [...this.#gauges.values()].map(({ metric, read }) => ({
      ...dataOf(metric),
      dataPointType: DataPointType.GAUGE,
      dataPoints: read().map(({ value, attributes }) => this.#point(value, attributes)),
    }));
  }

  #point<Value>(value: Value, attributes: Attributes): DataPoint<Value> {
    return { startTime: this.#startedAt, endTime: hrTime(), attributes, value };
  }
}

function bind<Instrument>(
  families: Map<string, Family<Instrument>>,
  metric: Metric,
  attributes: Attributes,
  make: () => Instrument,
): Instrument {
  const family = families.get(metric.name) ?? { metric, series: new Map<string, Series<Instrument>>() };
  families.set(metric.name, family);
  const { series } = family;
  const wanted = JSON.stringify(attributes);
  const full = !series.has(wanted) && series.size >= MAX_SERIES - 1;
  const key = full ? 'overflow' : wanted;
  const bound = series.get(key) ?? { attributes: full ? OVERFLOW : attributes, instrument: make() };
  series.set(key, bound);
  return bound.instrument;
}

function dataOf({ name, description, unit }: Metric) {
  const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
  return { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
}

function hrTime(): HrTime {
  const now = Date.now();
  return [Math.floor(now / 1000), (now % 1000) * 1_000_000];
}
