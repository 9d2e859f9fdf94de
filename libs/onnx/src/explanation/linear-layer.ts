import { type Tensor, transpose } from '@resmask/tensor';
import type { NodeProto } from '../gen/onnx/onnx.js';
import type { GraphIndex } from '../graph-index.js';
import { floatAttribute, intAttribute } from '../node-attributes.js';
import { constantTensor } from './constant-tensor.js';
import { sameValues, standardProducer } from './pass-through.js';

/** A fully connected layer that is found in a graph. */
export interface LinearLayer {
  /** The tensor it reads. */
  readonly input: string;
  /** [outputs, inputs] */
  readonly weights: Tensor;
}

/** The fully connected layer that makes a tensor: Gemm, MatMul or a 1×1 convolution, each with or without an Add of its bias. */
export function linearLayer(index: GraphIndex, name: string): LinearLayer | undefined {
  const producer = standardProducer(index, name);
  if (producer?.opType !== 'Add') return producer && product(producer, index);
  const [first, second] = producer.input;
  const before = constantTensor(index, second) ? first : constantTensor(index, first) && second;
  const biased = before === undefined ? undefined : standardProducer(index, sameValues(index, before));
  return biased && product(biased, index);
}

function product(layer: NodeProto, index: GraphIndex): LinearLayer | undefined {
  const [input, name] = layer.input;
  switch (layer.opType) {
    case 'Gemm':
      return gemm(layer, constantTensor(index, name));
    case 'MatMul':
      return matrixLayer(input, constantTensor(index, name), false);
    case 'Conv':
      return convolution(layer, constantTensor(index, name));
    default:
      return undefined;
  }
}

function gemm(layer: NodeProto, weight: Tensor | undefined): LinearLayer | undefined {
  if (intAttribute(layer, 'transA', 0) !== 0) return undefined;
  const found = matrixLayer(layer.input[0], weight, intAttribute(layer, 'transB', 0) !== 0);
  const alpha = floatAttribute(layer, 'alpha', 1);
  if (!found || alpha === 1) return found;
  return { ...found, weights: { ...found.weights, data: found.weights.data.map((value) => value * alpha) } };
}

function matrixLayer(input: string, weight: Tensor | undefined, outputsFirst: boolean): LinearLayer | undefined {
  if (weight?.shape.length !== 2) return undefined;
  return { input, weights: outputsFirst ? weight : transpose(weight, [1, 0]) };
}

/** On a map of one pixel, a convolution whose kernel is one pixel. */
function convolution(layer: NodeProto, weight: Tensor | undefined): LinearLayer | undefined {
  if (weight?.shape.length !== 4 || intAttribute(layer, 'group', 1) !== 1) return undefined;
  const [outputs, inputs, height, width] = weight.shape;
  if (height !== 1 || width !== 1) return undefined;
  return { input: layer.input[0], weights: { shape: [outputs, inputs], data: weight.data } };
}
