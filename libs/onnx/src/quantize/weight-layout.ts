import { elementCount } from '@resmask/tensor';
import type { NodeProto, TensorProto } from '../gen/onnx/onnx.js';
import { intAttribute } from '../node-attributes.js';
import { tensorShape } from '../tensor-values.js';

/** Where the output and input channels of a layer lie in its weight. */
export interface WeightLayout {
  /** The axis of the output channels. */
  readonly axis: number;
  readonly channels: number;
  /** Elements from one output channel to the next. */
  readonly inner: number;
  /** The channel of the layer's input that the weight at this place is multiplied with. */
  readonly inputChannel: (place: number) => number;
}

/** Convolutions have [out, in ÷ groups, …], Gemm [in, out] or transposed, MatMul [in, out]. */
export function weightLayout(layer: NodeProto, weight: TensorProto): WeightLayout {
  const shape = tensorShape(weight);
  if (layer.opType === 'Conv') {
    const [channels, inputs, ...kernel] = shape;
    const area = elementCount(kernel);
    const perGroup = channels / intAttribute(layer, 'group', 1);
    const inputChannel = (place: number): number => {
      const group = Math.floor(Math.floor(place / (inputs * area)) / perGroup);
      return group * inputs + (Math.floor(place / area) % inputs);
    };
    return { axis: 0, channels, inner: inputs * area, inputChannel };
  }
  const isTransposed = layer.opType === 'Gemm' && intAttribute(layer, 'transB', 0) === 1;
  const [rows, columns] = shape;
  return isTransposed
    ? { axis: 0, channels: rows, inner: columns, inputChannel: (place) => place % columns }
    : { axis: 1, channels: columns, inner: 1, inputChannel: (place) => Math.floor(place / columns) };
}
