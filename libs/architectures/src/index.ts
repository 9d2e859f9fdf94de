export type { Architecture } from './architecture.js';
export { ARCHITECTURES, findArchitecture } from './architectures.js';
export { EXPRESSION_LABELS } from './expression-labels.js';
export { namedWeights, seededWeights, type WeightSource } from './weight-source.js';
