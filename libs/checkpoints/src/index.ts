export { readSafetensors } from './safetensors.js';
export { readTfjsWeights } from './tfjs-weights.js';
