import { DomainError } from '@resmask/errors';
import {
  ActivationHistogram,
  type Calibration,
  type CalibrationNeeds,
  ChannelMeans,
  chooseRange,
  type RangeMethod,
} from '@resmask/onnx';
import type { SessionTensor } from '@resmask/runtime';

/** Gathers what quantising needs to know of a model's tensors, run by run. */
export class TensorWatch {
  readonly #histograms: ReadonlyMap<string, ActivationHistogram>;
  readonly #means: ReadonlyMap<string, ChannelMeans>;
  /** Every tensor to watch, each once. */
  readonly names: readonly string[];

  constructor({ ranges, means }: CalibrationNeeds) {
    this.#histograms = new Map(ranges.map((name) => [name, new ActivationHistogram()]));
    this.#means = new Map(means.map((name) => [name, new ChannelMeans()]));
    this.names = [...new Set([...ranges, ...means])];
  }

  /** @throws DomainError WEIGHTS_INVALID that names a tensor with values that are no finite numbers. */
  add(name: string, { data, dims }: SessionTensor): void {
    if (!(data instanceof Float32Array)) throw new TypeError(`tensor "${name}" is not float32`);
    try {
      this.#histograms.get(name)?.add(data);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new DomainError('WEIGHTS_INVALID', `tensor "${name}" cannot be calibrated: ${cause.message}`, { cause });
    }
    this.#means.get(name)?.add(data, dims);
  }

  finish(method: RangeMethod): Calibration {
    return {
      ranges: new Map([...this.#histograms].map(([name, histogram]) => [name, chooseRange(histogram, method)])),
      means: new Map([...this.#means].map(([name, means]) => [name, means.means()])),
    };
  }
}
