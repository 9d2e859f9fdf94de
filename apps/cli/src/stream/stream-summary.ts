import type { FrameAnswer } from '@resmask/client';

/** Counts the answers of a stream and times them. */
export class StreamSummary {
  served = 0;
  dropped = 0;
  errors = 0;
  readonly #latencies: number[] = [];
  readonly #start = performance.now();

  add(kind: FrameAnswer['$case'], latencyMs: number): void {
    if (kind === 'result') {
      this.served += 1;
      this.#latencies.push(latencyMs);
    } else if (kind === 'dropped') this.dropped += 1;
    else if (kind === 'error') this.errors += 1;
  }

  /** Milliseconds that `share` of the served frames stayed within, from sending to answer; NaN without any. */
  latency(share: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  }

  toString(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const total = this.served + this.dropped + this.errors;
    const times = `${this.latency(0.5).toFixed(0)} ms p50, ${this.latency(0.95).toFixed(0)} ms p95`;
    return `${total} frames in ${seconds.toFixed(1)} s: ${this.served} served (${(this.served / seconds).toFixed(1)}/s, ${times}), ${this.dropped} dropped, ${this.errors} errors`;
  }
}
