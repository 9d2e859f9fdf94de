import type { ModelSpec } from '@resmask/model-spec';
import type { GraphBuilder } from '@resmask/onnx';
import type { WeightSource } from './weight-source.js';

/** A network: its facts, how it is fed and read, and how it becomes a graph. */
export interface Architecture {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  readonly spec: ModelSpec;
  /** @throws DomainError WEIGHTS_INVALID if a tensor is missing or of another shape. */
  readonly build: (weights: WeightSource) => GraphBuilder;
}
