export { type InputSpec, inputSpecSchema, normalisation } from './input-spec.js';
export { type ModelSpec, modelSpecSchema, parseModelSpec } from './model-spec.js';
export { type ExpressionOutput, type FaceOutput, type OutputSpec, outputSpecSchema, type Task } from './output-spec.js';
