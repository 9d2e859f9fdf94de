import {
  ExpressionOutput_Values,
  FaceOutput_Decoder,
  type InputSpec as InputSpecMessage,
  type OutputSpec as OutputSpecMessage,
  PixelSource,
  ResizeRule,
  Task as TaskMessage,
  TensorLayout,
  TensorType,
} from '@resmask/contracts/registry.v1';
import { type InputSpec, type ModelSpec, type OutputSpec, parseModelSpec } from '@resmask/model-spec';
import { EnumNames } from './enum-names.js';

/** The specification fields of a ModelVersion message. */
export interface SpecFields {
  readonly architecture: string;
  readonly inputSpec: InputSpecMessage | undefined;
  readonly outputSpec: OutputSpecMessage | undefined;
}

export const TASKS = new EnumNames([
  [TaskMessage.TASK_EXPRESSION, 'expression'],
  [TaskMessage.TASK_FACE, 'face'],
] as const);

const SOURCES = new EnumNames([
  [PixelSource.PIXEL_SOURCE_GRAY, 'gray'],
  [PixelSource.PIXEL_SOURCE_RGB, 'rgb'],
  [PixelSource.PIXEL_SOURCE_BGR, 'bgr'],
] as const);

const RESIZES = new EnumNames([
  [ResizeRule.RESIZE_RULE_STRETCH, 'stretch'],
  [ResizeRule.RESIZE_RULE_LETTERBOX, 'letterbox'],
] as const);

const LAYOUTS = new EnumNames([
  [TensorLayout.TENSOR_LAYOUT_NCHW, 'NCHW'],
  [TensorLayout.TENSOR_LAYOUT_NHWC, 'NHWC'],
] as const);

const TYPES = new EnumNames([
  [TensorType.TENSOR_TYPE_FLOAT32, 'float32'],
  [TensorType.TENSOR_TYPE_UINT8, 'uint8'],
] as const);

const VALUES = new EnumNames([
  [ExpressionOutput_Values.VALUES_LOGITS, 'logits'],
  [ExpressionOutput_Values.VALUES_PROBABILITIES, 'probabilities'],
] as const);

const DECODERS = new EnumNames([
  [FaceOutput_Decoder.DECODER_TINY_FACE, 'tiny-face'],
  [FaceOutput_Decoder.DECODER_YUNET, 'yunet'],
  [FaceOutput_Decoder.DECODER_ULTRAFACE, 'ultraface'],
] as const);

/** @throws DomainError SPEC_INVALID that lists every field that is wrong, missing ones included. */
export function specFromMessages({ architecture, inputSpec, outputSpec }: SpecFields): ModelSpec {
  return parseModelSpec({
    architecture,
    input: inputSpec && inputFields(inputSpec),
    output: outputSpec?.kind && outputFields(outputSpec.kind),
  });
}

export function specToMessages({ architecture, input, output }: ModelSpec): SpecFields {
  return { architecture, inputSpec: inputMessage(input), outputSpec: outputMessage(output) };
}

function inputFields(message: InputSpecMessage): Record<string, unknown> {
  const { cropMargin, source, resize, layout, type, ...same } = message;
  return {
    ...same,
    source: SOURCES.name(source),
    resize: RESIZES.name(resize),
    layout: LAYOUTS.name(layout),
    type: TYPES.name(type),
    // Left to the schema's default.
    ...(cropMargin === 0 ? {} : { cropMargin }),
  };
}

function outputFields(kind: NonNullable<OutputSpecMessage['kind']>): Record<string, unknown> {
  if (kind.$case === 'expression') {
    return { task: 'expression', ...kind.value, values: VALUES.name(kind.value.values) };
  }
  return { task: 'face', ...kind.value, decoder: DECODERS.name(kind.value.decoder) };
}

function inputMessage(input: InputSpec): InputSpecMessage {
  return {
    ...input,
    source: SOURCES.wire(input.source),
    resize: RESIZES.wire(input.resize),
    layout: LAYOUTS.wire(input.layout),
    type: TYPES.wire(input.type),
  };
}

function outputMessage({ task, ...fields }: OutputSpec): OutputSpecMessage {
  if ('values' in fields) {
    return { kind: { $case: 'expression', value: { ...fields, values: VALUES.wire(fields.values) } } };
  }
  const value = { ...fields, decoder: DECODERS.wire(fields.decoder), boxCorrection: fields.boxCorrection };
  return { kind: { $case: 'face', value } };
}
