import type { NamedTensors, Tensor } from '@resmask/tensor';
import { float32Tensor, isFloat } from './float32-tensor.js';
import type { StoredTensor, StoredTensors } from './stored-tensor.js';

/**
 * The floating-point tensors of a file as float32, each converted when it is asked for and not kept: a network of 551 MB is built
 * with one tensor's copy at a time. Counters and other integers are left out.
 */
export function float32Tensors(tensors: StoredTensors): NamedTensors {
  return new Float32Tensors(new Map([...tensors].filter(([, { dtype }]) => isFloat(dtype))));
}

class Float32Tensors implements NamedTensors {
  constructor(private readonly stored: ReadonlyMap<string, StoredTensor>) {}

  get size(): number {
    return this.stored.size;
  }

  has(name: string): boolean {
    return this.stored.has(name);
  }

  get(name: string): Tensor | undefined {
    const stored = this.stored.get(name);
    return stored && float32Tensor(stored);
  }

  keys(): MapIterator<string> {
    return this.stored.keys();
  }

  *values(): MapIterator<Tensor> {
    for (const stored of this.stored.values()) yield float32Tensor(stored);
  }

  *entries(): MapIterator<[string, Tensor]> {
    for (const [name, stored] of this.stored) yield [name, float32Tensor(stored)];
  }

  [Symbol.iterator](): MapIterator<[string, Tensor]> {
    return this.entries();
  }

  forEach(visit: (tensor: Tensor, name: string, tensors: NamedTensors) => void): void {
    for (const [name, tensor] of this) visit(tensor, name, this);
  }
}
