import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { expect, it } from 'vitest';
import { MetricSet } from './metric-set.js';
import { withPrometheusNames } from './prometheus-names.js';

const FRAMES = { name: 'frames.seen', description: 'Frames', unit: '{frame}' };
const DURATION = { name: 'phase.duration', description: 'Time', unit: 's' };
const VERSIONS = { name: 'versions', description: 'Versions', unit: '{version}' };

async function lines(metrics: MetricSet): Promise<string[]> {
  const { resourceMetrics } = await metrics.collect();
  const text = new PrometheusSerializer(undefined, false, undefined, true, true).serialize(
    withPrometheusNames(resourceMetrics),
  );
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

it('adds to one counter whoever asks for the same attributes', async () => {
  const metrics = new MetricSet();
  metrics.counter(FRAMES, { reason: 'expired' }).add(2);
  metrics.counter(FRAMES, { reason: 'expired' }).add(1);
  metrics.counter(FRAMES, { reason: 'superseded' }).add(1);
  expect(await lines(metrics)).toEqual([
    'frames_seen_total{reason="expired"} 3',
    'frames_seen_total{reason="superseded"} 1',
  ]);
});

it('counts a value in the bucket whose bound it does not exceed, and names the unit as Prometheus does', async () => {
  const metrics = new MetricSet();
  const histogram = metrics.histogram(DURATION, [0.001, 0.01], { phase: 'infer' });
  for (const seconds of [0.0005, 0.001, 0.0011, 7]) histogram.record(seconds);
  expect(await lines(metrics)).toEqual([
    'phase_duration_seconds_count{phase="infer"} 4',
    `phase_duration_seconds_sum{phase="infer"} ${0.0005 + 0.001 + 0.0011 + 7}`,
    'phase_duration_seconds_bucket{phase="infer",le="0.001"} 2',
    'phase_duration_seconds_bucket{phase="infer",le="0.01"} 3',
    'phase_duration_seconds_bucket{phase="infer",le="+Inf"} 4',
  ]);
});

it('forgets what a gauge no longer reads', async () => {
  const metrics = new MetricSet();
  let versions = ['1', '2'];
  metrics.gauge(VERSIONS, () => versions.map((version) => ({ value: 1, attributes: { version } })));
  expect(await lines(metrics)).toEqual(['versions{version="1"} 1', 'versions{version="2"} 1']);
  versions = ['2'];
  expect(await lines(metrics)).toEqual(['versions{version="2"} 1']);
});

it('lets no metric grow beyond 2000 series, and still counts what comes after', async () => {
  const metrics = new MetricSet();
  for (let i = 0; i < 5000; i += 1) metrics.counter(FRAMES, { version: `${i}` }).add(1);
  const series = await lines(metrics);
  expect(series).toHaveLength(2000);
  expect(series.at(-1)).toBe(`frames_seen_total{otel_metric_overflow="true"} ${5000 - 1999}`);
});

it('gives readers nothing while nothing is measured', async () => {
  const { resourceMetrics } = await new MetricSet().collect();
  expect(resourceMetrics.scopeMetrics).toEqual([]);
});
