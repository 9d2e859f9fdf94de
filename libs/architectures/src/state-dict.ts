import { elementCount } from '@resmask/tensor';
import type { Architecture } from './architecture.js';
import { type NetworkOptions, networkOptions } from './network-options.js';
import { shapesOnly } from './weight-source.js';

/** A tensor of a network's state dict. */
export interface StateDictEntry {
  readonly key: string;
  readonly shape: readonly number[];
  /** Trained, as opposed to a statistic of batch normalisation. */
  readonly trained: boolean;
  /** The other name under which PyTorch stores the same tensor. */
  readonly alias?: string;
}

/** The tensors a network is built from, in the order it takes them. */
export function stateDict(architecture: Architecture, given?: Partial<NetworkOptions>): StateDictEntry[] {
  const entries: StateDictEntry[] = [];
  const recorder = {
    take(key: string, shape: readonly number[]) {
      const trained = !/\.running_(mean|var)$/.test(key);
      entries.push({ key, shape, trained, alias: architecture.alias?.(key) });
      return shapesOnly.take(key, shape);
    },
  };
  architecture.build(recorder, networkOptions(architecture, given));
  return entries;
}

/** Trained parameters: each tensor once, and as often as the state dict names it. */
export function countParameters(entries: readonly StateDictEntry[]): { unique: number; named: number } {
  let [unique, named] = [0, 0];
  for (const { shape, trained, alias } of entries) {
    if (!trained) continue;
    unique += elementCount(shape);
    named += elementCount(shape) * (alias === undefined ? 1 : 2);
  }
  return { unique, named };
}
