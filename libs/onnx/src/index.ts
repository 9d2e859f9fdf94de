export type { ModelProto } from './gen/onnx/onnx.js';
export { GraphBuilder, type Value } from './graph-builder.js';
export { type Dimension, type GraphSignature, graphSignature, type TensorSignature } from './graph-signature.js';
export { type InputStage, PIXELS_INPUT, withInputStage } from './input-stage.js';
export type { BatchNormTensors, ConvolutionOptions, LayerCount, PoolOptions } from './layer-options.js';
export { decodeModel, encodeModel } from './model-file.js';
export { countParameters } from './parameter-count.js';
export { type Padding, type PaddingOption, samePadding } from './sliding-window.js';
