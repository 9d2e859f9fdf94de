import type { GraphBuilder } from '@resmask/onnx';
import type { Architecture } from './architecture.js';
import { type NetworkOptions, networkOptions } from './network-options.js';
import type { WeightSource } from './weight-source.js';

/** A network's graph, defaults filled in. @throws DomainError FIELD_INVALID for options, WEIGHTS_INVALID for tensors. */
export function buildGraph(
  architecture: Architecture,
  weights: WeightSource,
  given?: Partial<NetworkOptions>,
): GraphBuilder {
  return architecture.build(weights, networkOptions(architecture, given));
}
