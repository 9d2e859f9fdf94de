export type { Architecture, PublishedSize } from './architecture.js';
export { ARCHITECTURES, findArchitecture } from './architectures.js';
export { buildGraph } from './build-graph.js';
export { checkpointWeights } from './checkpoint-weights.js';
export { defaultSpec } from './default-spec.js';
export { EXPRESSION_LABELS } from './expression-labels.js';
export { guessNetwork, type NetworkGuess } from './guess-network.js';
export { describeDifferences, matchStateDict, type StateDictMatch, type TensorShapes } from './match-state-dict.js';
export {
  EXTRA_OUTPUTS,
  type ExtraOutput,
  type MaskActivation,
  type NetworkOptions,
  networkOptions,
} from './network-options.js';
export { countParameters, type StateDictEntry, stateDict } from './state-dict.js';
export { namedWeights, seededWeights, shapesOnly, type WeightSource } from './weight-source.js';
