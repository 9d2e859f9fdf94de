export { FACE_DECODERS, type FaceDecoder, type FaceDecoderForm } from './face-decoder.js';
export { type FaceOutputAxis, faceOutputShapes } from './face-output-shapes.js';
export { type InputSpec, inputSpecSchema, normalisation } from './input-spec.js';
export { type ModelSpec, modelSpecSchema, parseModelSpec } from './model-spec.js';
export { type ExpressionOutput, type FaceOutput, type OutputSpec, outputSpecSchema, type Task } from './output-spec.js';
