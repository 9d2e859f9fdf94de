import { DomainError } from '@resmask/errors';
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

/** No values at all, only shapes: for counting, at no cost in memory. The graph must not be written. */
export const shapesOnly: WeightSource = { take: (_key, shape) => ({ shape, data: new Float32Array(0) }) };
