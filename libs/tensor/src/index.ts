export { seededRandom } from './seeded-random.js';
export { elementCount, formatShape } from './shape.js';
export { argmax, softmax } from './softmax.js';
export { type NamedTensors, type Tensor, tensor, transpose } from './tensor.js';
