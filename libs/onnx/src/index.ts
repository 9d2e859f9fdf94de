export type { ModelProto } from './gen/onnx/onnx.js';
export {
  type BatchNormTensors,
  type ConvolutionOptions,
  GraphBuilder,
  type LayerCount,
  type PoolOptions,
  type Value,
} from './graph-builder.js';
export { type Dimension, type GraphSignature, graphSignature, type TensorSignature } from './graph-signature.js';
export { type InputStage, PIXELS_INPUT, withInputStage } from './input-stage.js';
export { decodeModel, encodeModel } from './model-file.js';
export { countParameters } from './parameter-count.js';
