import { elementCount } from '@resmask/tensor';

/** The mean of each channel of a tensor, [batch, channels, …], over everything it was seen to be. */
export class ChannelMeans {
  #sums = new Float64Array(0);
  #count = 0;

  add(values: Float32Array, [batch, channels, ...rest]: readonly number[]): void {
    if (this.#sums.length === 0) this.#sums = new Float64Array(channels);
    const area = elementCount(rest);
    for (let i = 0; i < values.length; ) {
      let sum = 0;
      const channel = (i / area) % channels;
      for (const end = i + area; i < end; i += 1) sum += values[i];
      this.#sums[channel] += sum;
    }
    this.#count += batch * area;
  }

  means(): number[] {
    return Array.from(this.#sums, (sum) => sum / this.#count);
  }
}
