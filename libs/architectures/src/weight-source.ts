import { DomainError } from '@resmask/errors';
import type { BatchNormTensors } from '@resmask/onnx';
import { elementCount, formatShape, type NamedTensors, seededRandom, type Tensor } from '@resmask/tensor';

/** Where a network's tensors come from: a weight file, or a seed for tests and benchmarks. */
export interface WeightSource {
  /** @throws DomainError WEIGHTS_INVALID if there is no such tensor or it has another shape. */
  take(key: string, shape: readonly number[]): Tensor;
}

/** The tensors of a weight file, by state-dict key. */
export function namedWeights(tensors: NamedTensors): WeightSource {
  return {
    take(key, shape) {
      const found = tensors.get(key);
      if (!found) throw new DomainError('WEIGHTS_INVALID', `the weights have no tensor "${key}"`);
      if (formatShape(found.shape) !== formatShape(shape)) {
        const problem = `is ${formatShape(found.shape)}, the network needs ${formatShape(shape)}`;
        throw new DomainError('WEIGHTS_INVALID', `tensor "${key}" ${problem}`);
      }
      return found;
    },
  };
}

/**
 * Untrained weights from a seed: uniform within ±√(3 ÷ fan-in) for kernels, 1 for variances and one-dimensional weights,
 * 0 for everything else. The same seed and order of layers give the same network.
 */
export function seededWeights(seed: number): WeightSource {
  const random = seededRandom(seed);
  return {
    take(key, shape) {
      const data = new Float32Array(elementCount(shape));
      if (shape.length > 1) {
        const limit = Math.sqrt(3 / elementCount(shape.slice(1)));
        for (let i = 0; i < data.length; i += 1) data[i] = (2 * random() - 1) * limit;
      } else if (key.endsWith('weight') || key.endsWith('running_var')) {
        data.fill(1);
      }
      return { shape, data };
    },
  };
}

/** The four tensors of a PyTorch BatchNorm2d. */
export function batchNormTensors(weights: WeightSource, prefix: string, channels: number): BatchNormTensors {
  const take = (part: string): Tensor => weights.take(`${prefix}.${part}`, [channels]);
  return {
    weight: take('weight'),
    bias: take('bias'),
    runningMean: take('running_mean'),
    runningVar: take('running_var'),
  };
}
