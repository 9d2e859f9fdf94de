import type { ModelProto } from '@resmask/onnx';

/** An image of float64 numbers, [channels, height, width]; height and width are 1 once it has been averaged. */
interface Image {
  readonly data: Float64Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

type Node = NonNullable<ModelProto['graph']>['node'][number];
interface Attributes {
  ints(name: string): number[];
  float(name: string): number;
}
type Operator = (inputs: readonly Image[], weights: readonly Float32Array[], attributes: Attributes) => Image;

/**
 * A residual network's logits in float64, to tell how far float32 results can be trusted: a hundred layers amplify the last bit of
 * a float32 to more than the tolerance. Knows the operators of residual networks; about a second per billion multiply-accumulates.
 */
export function exactLogits(model: ModelProto, image: Float32Array, channels: number, side: number): Float64Array {
  const { graph } = model;
  if (!graph) throw new Error('the model has no graph');
  const weights = new Map(graph.initializer.map(({ name, rawData }) => [name ?? '', floats(rawData)]));
  const uses = new Map<string, number>();
  for (const node of graph.node) for (const input of node.input) uses.set(input, (uses.get(input) ?? 0) + 1);
  const values = new Map<string, Image>([
    ['input', { data: Float64Array.from(image), channels, height: side, width: side }],
  ]);
  for (const node of graph.node) {
    const operator = OPERATORS[node.opType ?? ''];
    if (!operator) throw new Error(`the float64 check does not know ${node.opType}`);
    const images = node.input.flatMap((name) => values.get(name) ?? []);
    const tensors = node.input.flatMap((name) => weights.get(name) ?? []);
    values.set(node.output[0], operator(images, tensors, attributesOf(node)));
    for (const name of node.input) {
      uses.set(name, (uses.get(name) ?? 1) - 1);
      if (uses.get(name) === 0) values.delete(name);
    }
  }
  const logits = values.get('logits');
  if (!logits) throw new Error('the model has no logits');
  return logits.data;
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  Conv: convolve,
  BatchNormalization: ([x], [scale, offset, mean, variance], attributes) => {
    const epsilon = attributes.float('epsilon');
    return eachChannel(x, (value, c) => ((value - mean[c]) / Math.sqrt(variance[c] + epsilon)) * scale[c] + offset[c]);
  },
  Relu: ([x]) => eachChannel(x, (value) => Math.max(value, 0)),
  Add: ([a, b]) => ({ ...a, data: a.data.map((value, i) => value + b.data[i]) }),
  MaxPool: ([x], _weights, attributes) => maxPool(x, attributes),
  GlobalAveragePool: ([x]) => {
    const size = x.height * x.width;
    const data = Float64Array.from({ length: x.channels }, (_, c) =>
      x.data.subarray(c * size, (c + 1) * size).reduce((sum, value) => sum + value / size, 0),
    );
    return { data, channels: x.channels, height: 1, width: 1 };
  },
  Flatten: ([x]) => x,
  Identity: ([x]) => x,
  Gemm: ([x], [weight, bias]) => {
    const data = Float64Array.from(bias, (start, row) =>
      x.data.reduce((sum, value, i) => sum + value * weight[row * x.channels + i], start),
    );
    return { data, channels: data.length, height: 1, width: 1 };
  },
};

function convolve([x]: readonly Image[], [weight]: readonly Float32Array[], attributes: Attributes): Image {
  const [kernel] = attributes.ints('kernel_shape');
  const [stride] = attributes.ints('strides');
  const [padding] = attributes.ints('pads');
  const channels = weight.length / (x.channels * kernel * kernel);
  const height = Math.floor((x.height + 2 * padding - kernel) / stride) + 1;
  const width = Math.floor((x.width + 2 * padding - kernel) / stride) + 1;
  const padded = pad(x, padding, 0);
  const [inSize, outSize] = [padded.height * padded.width, height * width];
  const data = new Float64Array(channels * outSize);
  let tap = 0;
  for (let to = 0; to < channels; to += 1) {
    for (let from = 0; from < x.channels; from += 1) {
      for (let place = 0; place < kernel * kernel; place += 1) {
        const factor = weight[tap];
        tap += 1;
        const start = from * inSize + Math.floor(place / kernel) * padded.width + (place % kernel);
        for (let y = 0; y < height; y += 1) {
          const [row, target] = [start + y * stride * padded.width, to * outSize + y * width];
          for (let column = 0; column < width; column += 1)
            data[target + column] += factor * padded.data[row + column * stride];
        }
      }
    }
  }
  return { data, channels, height, width };
}

function maxPool(x: Image, attributes: Attributes): Image {
  const [kernel] = attributes.ints('kernel_shape');
  const [stride] = attributes.ints('strides');
  const [padding] = attributes.ints('pads');
  const padded = pad(x, padding, Number.NEGATIVE_INFINITY);
  const height = Math.floor((padded.height - kernel) / stride) + 1;
  const width = Math.floor((padded.width - kernel) / stride) + 1;
  const data = new Float64Array(x.channels * height * width).map((_, i) => {
    const [c, y, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    let largest = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < kernel * kernel; place += 1) {
      const row = y * stride + Math.floor(place / kernel);
      const at = (c * padded.height + row) * padded.width + column * stride + (place % kernel);
      largest = Math.max(largest, padded.data[at]);
    }
    return largest;
  });
  return { data, channels: x.channels, height, width };
}

function pad(x: Image, by: number, value: number): Image {
  if (by === 0) return x;
  const [height, width] = [x.height + 2 * by, x.width + 2 * by];
  const data = new Float64Array(x.channels * height * width).fill(value);
  for (let row = 0; row < x.channels * x.height; row += 1) {
    const [c, y] = [Math.floor(row / x.height), row % x.height];
    data.set(x.data.subarray(row * x.width, (row + 1) * x.width), (c * height + y + by) * width + by);
  }
  return { data, channels: x.channels, height, width };
}

function eachChannel(x: Image, change: (value: number, channel: number) => number): Image {
  const size = x.height * x.width;
  return { ...x, data: x.data.map((value, i) => change(value, Math.floor(i / size))) };
}

function attributesOf({ attribute }: Node): Attributes {
  const find = (name: string) => attribute.find((candidate) => candidate.name === name);
  return {
    ints: (name) => (find(name)?.ints ?? []).map(Number),
    float: (name) => find(name)?.f ?? Number.NaN,
  };
}

function floats(bytes: Uint8Array = new Uint8Array(0)): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
