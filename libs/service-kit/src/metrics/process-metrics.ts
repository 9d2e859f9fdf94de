import { type Meter, metrics, type ObservableResult } from '@opentelemetry/api';
import { EventLoopDelay } from './event-loop-delay.js';

const STATISTICS = ['mean', 'p50', 'p90', 'p99', 'max'] as const;

/** Measures the process through OpenTelemetry's metrics API, by the names its semantic conventions give. */
export function measureProcess(): void {
  const meter = metrics.getMeter('resmask.process');
  measureEventLoop(meter);
  measureMemory(meter);
  const cpu = { unit: 's', description: 'CPU time of all threads of the process' };
  meter.createObservableCounter('process.cpu.time', cpu).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  const uptime = { unit: 's', description: 'Time since the process started' };
  meter.createObservableGauge('process.uptime', uptime).addCallback((result) => result.observe(process.uptime()));
}

function measureEventLoop(meter: Meter): void {
  const delay = new EventLoopDelay();
  for (const statistic of STATISTICS) {
    const description = `How late the thread that answers clients was: ${statistic}`;
    meter
      .createObservableGauge(`nodejs.eventloop.delay.${statistic}`, { unit: 's', description })
      .addCallback((result) => result.observe(delay.read()[statistic]));
  }
  const time = { unit: 's', description: 'Time the thread that answers clients was busy, and waited' };
  meter.createObservableCounter('nodejs.eventloop.time', time).addCallback((result) => {
    const { active, idle } = performance.eventLoopUtilization();
    result.observe(active / 1000, { 'nodejs.eventloop.state': 'active' });
    result.observe(idle / 1000, { 'nodejs.eventloop.state': 'idle' });
  });
}

function measureMemory(meter: Meter): void {
  const resident = { unit: 'By', description: 'Resident memory of the process, loaded models included' };
  meter
    .createObservableGauge('process.memory.usage', resident)
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  const heap = { unit: 'By', description: 'Memory of JavaScript: its heap, and buffers outside of it' };
  meter.createObservableGauge('resmask.javascript.memory', heap).addCallback(observeJavaScriptMemory);
}

function observeJavaScriptMemory(result: ObservableResult): void {
  const { heapUsed, heapTotal, external } = process.memoryUsage();
  result.observe(heapUsed, { kind: 'heap-used' });
  result.observe(heapTotal, { kind: 'heap-total' });
  result.observe(external, { kind: 'external' });
}
