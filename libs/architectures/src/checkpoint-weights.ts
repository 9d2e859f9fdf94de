import type { NamedTensors } from '@resmask/tensor';
import type { Architecture } from './architecture.js';
import { namedWeights, type WeightSource } from './weight-source.js';

/** A checkpoint's tensors for a network that may look for one under either of its two names. */
export function checkpointWeights(architecture: Architecture, tensors: NamedTensors): WeightSource {
  const weights = namedWeights(tensors);
  return {
    take(key, shape) {
      const alias = tensors.has(key) ? undefined : architecture.alias?.(key);
      return weights.take(alias !== undefined && tensors.has(alias) ? alias : key, shape);
    },
  };
}
