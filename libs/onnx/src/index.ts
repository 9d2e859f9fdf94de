export { withConstantWeights, withoutUnusedWeights } from './constant-weights.js';
export { type ExternalDataOptions, encodeModelFiles, type ModelFiles } from './external-data.js';
export { type FoldOptions, foldBatchNorm } from './fold-batch-norm.js';
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
export { withHalfWeights } from './half-weights.js';
export { type InputStage, PIXELS_INPUT, withInputStage } from './input-stage.js';
export { externalDataFiles, withInternalData } from './internal-data.js';
export { encodeModelChunks } from './model-chunks.js';
export { decodeModel, encodeModel } from './model-file.js';
export { type ModelMetadata, modelMetadata, withMetadataProperties } from './model-metadata.js';
export { withOutput, withSoftmax } from './model-outputs.js';
export { countParameters } from './parameter-count.js';
