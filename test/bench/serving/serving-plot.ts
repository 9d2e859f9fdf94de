import * as echarts from 'echarts';
import type { LoadCurves, LoadPoint } from './load-rows.ts';

const PERCENTILES = ['p50', 'p95', 'p99'] as const;

/** Latency against load, and the age of answers under overload, as one SVG. */
export function servingPlot({ latency, freshness }: LoadCurves, title: string): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 420 });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      { text: 'Latency of lossless streams', left: 60, top: 8, textStyle: { fontSize: 14 } },
      { text: 'Age of live answers under overload', left: 540, top: 8, textStyle: { fontSize: 14 } },
      { text: title, left: 'center', bottom: 4, textStyle: { fontSize: 11, fontWeight: 'normal' } },
    ],
    legend: { top: 8, left: 300, data: [...PERCENTILES] },
    grid: [
      { left: 60, width: 380, top: 70, bottom: 75 },
      { left: 540, width: 380, top: 70, bottom: 75 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({
      gridIndex,
      type: 'value',
      name: 'offered ÷ capacity',
      nameLocation: 'middle',
      nameGap: 26,
      scale: true,
    })),
    yAxis: [0, 1].map((gridIndex) => ({ gridIndex, type: 'value', name: 'ms', min: 0 })),
    series: [...lines(latency, 0), ...lines(freshness, 1)],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function lines(points: readonly LoadPoint[], axis: number) {
  return PERCENTILES.map((name) => ({
    name,
    type: 'line' as const,
    xAxisIndex: axis,
    yAxisIndex: axis,
    data: points.map((point) => [point.load, Number(point[name].toFixed(2))]),
  }));
}
