import { DomainError } from '@resmask/errors';
import { elementCount, formatShape, type Tensor } from '@resmask/tensor';
import {
  ModelProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType,
  type ValueInfoProto,
} from './gen/onnx/onnx.js';
import { type Dimension, graphOf } from './graph-signature.js';
import { type AttributeValue, floatTensor, node, valueInfo } from './proto-parts.js';

/** A tensor that flows through the graph: its unique name and its shape, the batch dimension first. */
export interface Value {
  readonly name: string;
  readonly shape: readonly Dimension[];
}

/** What one layer adds: trained parameters, and multiply-accumulates for one image. */
export interface LayerCount {
  readonly name: string;
  readonly op: string;
  readonly outputShape: readonly Dimension[];
  readonly parameters: number;
  readonly macs: number;
}

export interface ConvolutionOptions {
  readonly stride?: number;
  readonly padding?: number;
  /** Input channels are split into this many groups; equal to the channels for a depthwise convolution. */
  readonly groups?: number;
}

export interface PoolOptions {
  readonly kernel: number;
  readonly stride: number;
  /** Rows and columns added at the lower and right border only, as TensorFlow's `same` does for even kernels. */
  readonly padEnd?: number;
}

/** Weight, bias, running mean and variance of a batch normalisation, each with one value per channel. */
export interface BatchNormTensors {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
}

/** The ONNX operator set this builder writes. */
const OPSET = 17;
const IR_VERSION = 8;

/**
 * Builds an ONNX graph layer by layer. Every layer has a name (its initialisers and output are named after it), checks the
 * shapes it is given and counts parameters and multiply-accumulates.
 * Shapes are [batch, channels, height, width].
 */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();
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

  /** Convolution with square stride and padding; weight is [out, in ÷ groups, height, width], bias [out]. */
  conv(name: string, x: Value, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Value {
    const { stride = 1, padding = 0, groups = 1 } = options;
    const [batch, channels, height, width] = imageShape(name, x);
    const [out, , kernelHeight, kernelWidth] = weight.shape;
    expectShape(`${name}.weight`, weight, [out, channels / groups, kernelHeight, kernelWidth]);
    const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
    const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
    const attributes = {
      kernel_shape: [kernelHeight, kernelWidth],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      group: groups,
    };
    const macs = elementCount(weight.shape) * outHeight * outWidth;
    return this.#weighted('Conv', name, x, weight, bias, [batch, out, outHeight, outWidth], macs, attributes);
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

  batchNorm(name: string, x: Value, tensors: BatchNormTensors, epsilon: number): Value {
    const [, channels] = imageShape(name, x);
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

  maxPool(name: string, x: Value, { kernel, stride, padEnd = 0 }: PoolOptions): Value {
    const [batch, channels, height, width] = imageShape(name, x);
    const outHeight = Math.floor((height + padEnd - kernel) / stride) + 1;
    const outWidth = Math.floor((width + padEnd - kernel) / stride) + 1;
    if (outHeight < 1 || outWidth < 1) throw shapeError(name, `pools ${height}×${width} with a kernel of ${kernel}`);
    return this.#layer('MaxPool', name, [x.name], [batch, channels, outHeight, outWidth], {
      attributes: { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [0, 0, padEnd, padEnd] },
    });
  }

  /** Mean over height and width: [batch, channels]. */
  globalAveragePool(name: string, x: Value): Value {
    const [batch, channels] = imageShape(name, x);
    const pooled = this.#layer('GlobalAveragePool', name, [x.name], [batch, channels, 1, 1]);
    return this.#layer('Flatten', `${name}.flatten`, [pooled.name], [batch, channels], { attributes: { axis: 1 } });
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

  add(name: string, a: Value, b: Value): Value {
    expectEqualShapes(name, a, b);
    return this.#layer('Add', name, [a.name, b.name], a.shape);
  }

  multiply(name: string, a: Value, b: Value): Value {
    expectEqualShapes(name, a, b);
    return this.#layer('Mul', name, [a.name, b.name], a.shape);
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
    const inputs = [x.name, this.#initializer(`${name}.weight`, weight)];
    let parameters = elementCount(weight.shape);
    if (bias) {
      expectShape(`${name}.bias`, bias, [Number(shape[1])]);
      inputs.push(this.#initializer(`${name}.bias`, bias));
      parameters += elementCount(bias.shape);
    }
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

  #initializer(name: string, { shape, data }: Tensor): string {
    this.#claim(name);
    this.#initializers.push(floatTensor(name, shape, data));
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

function imageShape(layer: string, { shape }: Value): [Dimension, number, number, number] {
  const [batch, channels, height, width] = shape;
  if (shape.length !== 4 || typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') {
    throw shapeError(layer, `takes [batch, channels, height, width] with fixed sizes, got ${formatShape(shape)}`);
  }
  return [batch, channels, height, width];
}

function expectShape(name: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.length !== wanted.length || shape.some((size, axis) => size !== wanted[axis])) {
    throw shapeError(name, `is ${formatShape(shape)}, the layer needs ${formatShape(wanted)}`);
  }
}

function expectEqualShapes(layer: string, a: Value, b: Value): void {
  if (formatShape(a.shape) !== formatShape(b.shape)) {
    throw shapeError(layer, `joins ${formatShape(a.shape)} and ${formatShape(b.shape)}, which must be equal`);
  }
}

function shapeError(name: string, problem: string): DomainError {
  return new DomainError('WEIGHTS_INVALID', `${name}: ${problem}`);
}
