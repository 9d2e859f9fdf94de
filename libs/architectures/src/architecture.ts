import type { ModelSpec } from '@resmask/model-spec';
import type { GraphBuilder } from '@resmask/onnx';
import type { NetworkChoices, NetworkOptions } from './network-options.js';
import type { WeightSource } from './weight-source.js';

/** What Table II of the paper prints, and what explains it. */
export interface PublishedSize {
  /** Millions of parameters, as printed. */
  readonly millions: number;
  /** The number that was printed: trained parameters, or those with what else was counted. Absent where nothing explains it. */
  readonly counted?: number;
  readonly why: string;
}

/** A network: its facts, how it is fed and read, and how it becomes a graph. */
export interface Architecture extends NetworkChoices {
  /** One line for people. */
  readonly summary: string;
  /** Another side it was made for, where the paper's system used 224. */
  readonly nativeSize?: number;
  readonly published?: PublishedSize;
  /** The state dict's other name of a tensor, which PyTorch stores under both. */
  readonly alias?: (key: string) => string | undefined;
  /** Tensors of its checkpoints that only training needs. */
  readonly trainingOnly?: RegExp;
  readonly spec: (options: NetworkOptions) => ModelSpec;
  /** @throws DomainError WEIGHTS_INVALID if a tensor is missing or of another shape. */
  readonly build: (weights: WeightSource, options: NetworkOptions) => GraphBuilder;
}
