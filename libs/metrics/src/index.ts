export { ConfusionMatrix } from './confusion-matrix.js';
export { type Proportion, wilson } from './wilson.js';
