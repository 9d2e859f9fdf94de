export { withConstantWeights, withoutUnusedWeights } from './constant-weights.js';
export { type AttentionMask, findAttentionMasks } from './explanation/attention-masks.js';
export { type ClassActivation, findClassActivation } from './explanation/class-activation.js';
export {
  type ExplanationOutputs,
  type ExplanationSources,
  withExplanationOutputs,
} from './explanation/explanation-outputs.js';
export { graphEnding } from './explanation/graph-ending.js';
export { type ExternalDataOptions, encodeModelFiles, type ModelFiles } from './external-data.js';
export { type FoldOptions, foldBatchNorm } from './fold-batch-norm.js';
export type { ModelProto } from './gen/onnx/onnx.js';
export { GraphBuilder, type Value } from './graph-builder.js';
export { type Dimension, type GraphSignature, graphSignature, type TensorSignature } from './graph-signature.js';
export { withHalfWeights } from './half-weights.js';
export { type InputStage, PIXELS_INPUT, withInputStage } from './input-stage.js';
export { externalDataFiles, withInternalData } from './internal-data.js';
export type { BatchNormTensors, ConvolutionOptions, LayerCount, PoolOptions } from './layer-options.js';
export { encodeModelChunks } from './model-chunks.js';
export { decodeModel, encodeModel } from './model-file.js';
export { type ModelMetadata, modelMetadata, withMetadataProperties } from './model-metadata.js';
export { readModelOutline } from './model-outline.js';
export { withOutput, withSoftmax } from './model-outputs.js';
export { countParameters, PARAMETERS_PROPERTY } from './parameter-count.js';
export { ActivationHistogram } from './quantize/activation-histogram.js';
export type { ValueRange } from './quantize/affine-uint8.js';
export { type Calibration, type CalibrationNeeds, calibrationNeeds } from './quantize/calibration.js';
export { ChannelMeans } from './quantize/channel-means.js';
export { quantizableModel } from './quantize/quantizable-model.js';
export { quantizeModel } from './quantize/quantize-model.js';
export { chooseRange, RANGE_METHODS, type RangeMethod } from './quantize/range-method.js';
export type { ReadRange } from './range-cursor.js';
export { type Padding, type PaddingOption, samePadding } from './sliding-window.js';
