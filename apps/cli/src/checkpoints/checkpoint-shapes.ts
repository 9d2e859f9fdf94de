import type { TensorShapes } from '@resmask/architectures';
import type { StoredTensors } from '@resmask/checkpoints';

export function shapesOf(tensors: StoredTensors): TensorShapes {
  return new Map([...tensors].map(([key, { shape }]) => [key, shape]));
}
