export { ConfusionMatrix } from './confusion-matrix.js';
export { mcNemarExact } from './mcnemar.js';
export { type Proportion, wilson } from './wilson.js';
