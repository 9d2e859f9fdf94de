import { elementCount, formatShape, type Tensor } from '@resmask/tensor';
import {
  ModelProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType,
  type ValueInfoProto,
} from './gen/onnx/onnx.js';
import { type Dimension, graphOf } from './graph-signature.js';
import type { BatchNormTensors, ConvolutionOptions, LayerCount, PoolOptions } from './layer-options.js';
import {
  broadcastShape,
  channelCount,
  expectSameShape,
  expectShape,
  imageShape,
  poolPadding,
  shapeError,
  slide,
} from './layer-shapes.js';
import { type AttributeValue, floatTensor, int64Tensor, node, valueInfo } from './proto-parts.js';
import { padsAttribute, toPadding } from './sliding-window.js';

/** A tensor that flows through the graph: its unique name and its shape, the batch dimension first. */
export interface Value {
  readonly name: string;
  readonly shape: readonly Dimension[];
}

/** The ONNX operator set this builder writes. */
const OPSET = 17;
const IR_VERSION = 8;

/**
 * Builds an ONNX graph layer by layer. Every layer has a name (its initialisers and output are named after it), checks the
 * shapes it is given and counts parameters and multiply-accumulates. A tensor that two layers are given is stored and counted once.
 * Shapes are [batch, channels, height, width].
 */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();
  readonly #stored = new Map<Tensor, string>();
  readonly #layers: LayerCount[] = [];

  constructor(readonly name: string) {}

  get layers(): readonly LayerCount[] {
    return this.#layers;
  }

  input(name: string, shape: readonly Dimension[]): Value {
    this.#claim(name);
    this.#inputs.push(valueInfo(name, TensorProto_DataType.FLOAT, shape));
    return { name, shape };
  }

  /** Gives a value its public name. */
  output(name: string, value: Value): void {
    this.#claim(name);
    this.#nodes.push(node('Identity', name, [value.name], [name]));
    this.#outputs.push(valueInfo(name, TensorProto_DataType.FLOAT, value.shape));
  }

  /** Convolution with square stride; weight is [out, in ÷ groups, height, width], bias [out]. */
  conv(name: string, x: Value, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Value {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const [batch, channels, ...size] = imageShape(name, x);
    const [out, , ...kernel] = weight.shape;
    expectShape(`${name}.weight`, weight, [out, channels / groups, ...kernel]);
    const pads = toPadding(padding);
    const window = slide(name, size, kernel, pads, { stride, dilation });
    const attributes = {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: padsAttribute(pads),
      dilations: [dilation, dilation],
      group: groups,
    };
    const macs = elementCount(weight.shape) * elementCount(window);
    return this.#weighted('Conv', name, x, weight, bias, [batch, out, ...window], macs, attributes);
  }

  /** Transposed convolution without padding whose kernel equals its stride; weight is [in, out, kernel, kernel], bias [out]. */
  convTranspose(name: string, x: Value, weight: Tensor, bias?: Tensor): Value {
    const [batch, channels, height, width] = imageShape(name, x);
    const [, out, kernel] = weight.shape;
    expectShape(`${name}.weight`, weight, [channels, out, kernel, kernel]);
    const attributes = { kernel_shape: [kernel, kernel], strides: [kernel, kernel] };
    const outShape = [batch, out, height * kernel, width * kernel];
    const macs = elementCount(weight.shape) * height * width;
    return this.#weighted('ConvTranspose', name, x, weight, bias, outShape, macs, attributes);
  }

  /** Per channel of [batch, channels, …]: (x − mean) ÷ √(variance + epsilon) · weight + bias. */
  batchNorm(name: string, x: Value, tensors: BatchNormTensors, epsilon: number): Value {
    const channels = channelCount(name, x);
    const parts = {
      weight: tensors.weight,
      bias: tensors.bias,
      running_mean: tensors.runningMean,
      running_var: tensors.runningVar,
    };
    const inputs = Object.entries(parts).map(([key, part]) => {
      expectShape(`${name}.${key}`, part, [channels]);
      return this.#initializer(`${name}.${key}`, part);
    });
    return this.#layer('BatchNormalization', name, [x.name, ...inputs], x.shape, {
      parameters: 2 * channels,
      attributes: { epsilon: { float: epsilon } },
    });
  }

  /** Fully connected layer on [batch, in]; weight is [out, in], bias [out]. */
  linear(name: string, x: Value, weight: Tensor, bias: Tensor): Value {
    const [batch, width] = x.shape;
    const [out] = weight.shape;
    if (x.shape.length !== 2) throw shapeError(name, `takes [batch, width], got ${formatShape(x.shape)}`);
    expectShape(`${name}.weight`, weight, [out, Number(width)]);
    return this.#weighted('Gemm', name, x, weight, bias, [batch, out], elementCount(weight.shape), { transB: 1 });
  }

  maxPool(name: string, x: Value, options: PoolOptions): Value {
    return this.#pool('MaxPool', name, x, options, {});
  }

  /** Mean of each window; padding counts as zeros, as in PyTorch. */
  averagePool(name: string, x: Value, options: PoolOptions): Value {
    return this.#pool('AveragePool', name, x, options, { count_include_pad: 1 });
  }

  /** Mean over height and width: [batch, channels, 1, 1]. */
  spatialMean(name: string, x: Value): Value {
    return this.#layer('GlobalAveragePool', name, [x.name], [...imageShape(name, x).slice(0, 2), 1, 1]);
  }

  /** Maximum over height and width: [batch, channels, 1, 1]. */
  spatialMax(name: string, x: Value): Value {
    return this.#layer('GlobalMaxPool', name, [x.name], [...imageShape(name, x).slice(0, 2), 1, 1]);
  }

  /** Mean over the channels: [batch, 1, height, width]. */
  channelMean(name: string, x: Value): Value {
    return this.#overChannels('ReduceMean', name, x);
  }

  /** Maximum over the channels: [batch, 1, height, width]. */
  channelMax(name: string, x: Value): Value {
    return this.#overChannels('ReduceMax', name, x);
  }

  /** [batch, everything else in one axis]. */
  flatten(name: string, x: Value): Value {
    const [batch, ...rest] = x.shape;
    const width = elementCount(rest.map(Number));
    return this.#layer('Flatten', name, [x.name], [batch, width], { attributes: { axis: 1 } });
  }

  /** Mean over height and width: [batch, channels]. */
  globalAveragePool(name: string, x: Value): Value {
    return this.flatten(`${name}.flatten`, this.spatialMean(name, x));
  }

  /** [batch, channels] as an image of one pixel. */
  onePixel(name: string, x: Value): Value {
    const axes = this.#constant(`${name}.axes`, int64Tensor(`${name}.axes`, [2, 3]));
    return this.#layer('Unsqueeze', name, [x.name, axes], [...x.shape, 1, 1]);
  }

  /** Channels of several images of one size, one after the other. */
  concat(name: string, values: readonly Value[]): Value {
    const [batch, , ...size] = values[0].shape;
    const shape = (value: Value): readonly Dimension[] => [batch, channelCount(name, value), ...size];
    for (const value of values) expectSameShape(name, value, { ...value, shape: shape(value) });
    const channels = values.reduce((sum, value) => sum + channelCount(name, value), 0);
    const names = values.map((value) => value.name);
    return this.#layer('Concat', name, names, [batch, channels, ...size], { attributes: { axis: 1 } });
  }

  /** Enlarges by a whole factor, bilinear between corner pixels (PyTorch's `align_corners`). */
  enlarge(name: string, x: Value, factor: number): Value {
    const [batch, channels, height, width] = imageShape(name, x);
    const scales = floatTensor(`${name}.scales`, [4], Float32Array.from([1, 1, factor, factor]));
    const inputs = [x.name, '', this.#constant(`${name}.scales`, scales)];
    const shape = [batch, channels, height * factor, width * factor];
    return this.#layer('Resize', name, inputs, shape, {
      attributes: { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    });
  }

  /** x · factor + offset with one fixed, untrained number for each channel. */
  affine(name: string, x: Value, factor: readonly number[], offset: readonly number[]): Value {
    const scaled = this.multiply(`${name}.scaled`, x, this.#perChannel(`${name}.factor`, x, factor));
    return this.add(name, scaled, this.#perChannel(`${name}.offset`, x, offset));
  }

  relu(name: string, x: Value): Value {
    return this.#layer('Relu', name, [x.name], x.shape);
  }

  leakyRelu(name: string, x: Value, slope: number): Value {
    return this.#layer('LeakyRelu', name, [x.name], x.shape, { attributes: { alpha: { float: slope } } });
  }

  sigmoid(name: string, x: Value): Value {
    return this.#layer('Sigmoid', name, [x.name], x.shape);
  }

  /** x · sigmoid(x). */
  swish(name: string, x: Value): Value {
    return this.multiply(name, x, this.sigmoid(`${name}.sigmoid`, x));
  }

  /** Over the channels, for each pixel. */
  softmax(name: string, x: Value): Value {
    return this.#layer('Softmax', name, [x.name], x.shape, { attributes: { axis: 1 } });
  }

  add(name: string, a: Value, b: Value): Value {
    return this.#layer('Add', name, [a.name, b.name], broadcastShape(name, a, b));
  }

  multiply(name: string, a: Value, b: Value): Value {
    return this.#layer('Mul', name, [a.name, b.name], broadcastShape(name, a, b));
  }

  build(): ModelProto {
    const model = ModelProto.fromPartial({
      irVersion: BigInt(IR_VERSION),
      producerName: 'resmask',
      opsetImport: [{ domain: '', version: BigInt(OPSET) }],
      graph: { name: this.name },
    });
    // Assigned rather than given to fromPartial, which would copy every weight.
    return Object.assign(model, {
      graph: Object.assign(graphOf(model), {
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      }),
    });
  }

  #weighted(
    op: string,
    name: string,
    x: Value,
    weight: Tensor,
    bias: Tensor | undefined,
    shape: readonly Dimension[],
    macs: number,
    attributes: Readonly<Record<string, AttributeValue>>,
  ): Value {
    if (bias) expectShape(`${name}.bias`, bias, [Number(shape[1])]);
    const tensors = Object.entries({ weight, bias }).filter((part): part is [string, Tensor] => part[1] !== undefined);
    const added = tensors.filter(([, tensor]) => !this.#stored.has(tensor));
    const parameters = added.reduce((sum, [, tensor]) => sum + elementCount(tensor.shape), 0);
    const inputs = [x.name, ...tensors.map(([part, tensor]) => this.#initializer(`${name}.${part}`, tensor))];
    return this.#layer(op, name, inputs, shape, { parameters, macs, attributes });
  }

  #layer(
    op: string,
    name: string,
    inputs: readonly string[],
    outputShape: readonly Dimension[],
    { parameters = 0, macs = 0, attributes = {} }: LayerExtras = {},
  ): Value {
    this.#claim(name);
    this.#nodes.push(node(op, name, inputs, [name], attributes));
    this.#layers.push({ name, op, outputShape, parameters, macs });
    return { name, shape: outputShape };
  }

  #pool(
    op: string,
    name: string,
    x: Value,
    { kernel, stride, padding = 0, ceil = false }: PoolOptions,
    attributes: Readonly<Record<string, AttributeValue>>,
  ): Value {
    const [batch, channels, ...size] = imageShape(name, x);
    const pads = poolPadding(size, { kernel, stride, padding: toPadding(padding), ceil });
    const window = slide(name, size, [kernel, kernel], pads, { stride, dilation: 1 });
    return this.#layer(op, name, [x.name], [batch, channels, ...window], {
      attributes: {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: padsAttribute(pads),
        ...attributes,
      },
    });
  }

  #overChannels(op: string, name: string, x: Value): Value {
    const [batch, , height, width] = imageShape(name, x);
    return this.#layer(op, name, [x.name], [batch, 1, height, width], { attributes: { axes: [1], keepdims: 1 } });
  }

  #perChannel(name: string, x: Value, values: readonly number[]): Value {
    const shape = [1, channelCount(name, x), 1, 1];
    const tensor = { shape, data: Float32Array.from(values) };
    expectShape(name, { ...tensor, shape: [1, values.length, 1, 1] }, shape);
    return { name: this.#constant(name, floatTensor(name, shape, tensor.data)), shape };
  }

  /** A tensor that is no weight: a node, so that nobody counts, folds or quantises it as one. */
  #constant(name: string, value: TensorProto): string {
    this.#claim(name);
    this.#nodes.push(node('Constant', name, [], [name], { value: { tensor: value } }));
    return name;
  }

  #initializer(name: string, tensor: Tensor): string {
    const stored = this.#stored.get(tensor);
    if (stored !== undefined) return stored;
    this.#claim(name);
    this.#stored.set(tensor, name);
    this.#initializers.push(floatTensor(name, tensor.shape, tensor.data));
    return name;
  }

  #claim(name: string): void {
    if (this.#names.has(name)) throw shapeError(name, 'the graph already has a layer of that name');
    this.#names.add(name);
  }
}

interface LayerExtras {
  readonly parameters?: number;
  readonly macs?: number;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}
