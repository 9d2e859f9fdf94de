import { DomainError } from '@resmask/errors';
import { type ConvolutionOptions, GraphBuilder, type Value } from '@resmask/onnx';
import type { Tensor } from '@resmask/tensor';
import type { ExtraOutput, NetworkOptions } from './network-options.js';
import type { WeightSource } from './weight-source.js';

export interface LayerOptions extends ConvolutionOptions {
  /** Side of the kernel, or its rows and columns. */
  readonly kernel: number | readonly [rows: number, columns: number];
  readonly bias?: boolean;
}

interface Tap {
  readonly kind: ExtraOutput;
  readonly name: string;
  readonly value: Value;
}

/**
 * A network while it is built: layers that take their tensors by the key of a PyTorch module (`KEY.weight`, `KEY.bias`,
 * `KEY.running_mean` …) and give the graph's layers that key as their name.
 */
export class NetworkBuilder {
  readonly graph: GraphBuilder;
  readonly #taps: Tap[] = [];

  constructor(
    readonly name: string,
    readonly weights: WeightSource,
    readonly options: NetworkOptions,
    /** Of every batch normalisation. */
    readonly epsilon = 1e-5,
  ) {
    this.graph = new GraphBuilder(name);
  }

  /** The image: [batch, channels, size, size]. */
  input(): Value {
    const { channels, size } = this.options;
    return this.graph.input('input', ['batch', channels, size, size]);
  }

  /** Published channels times the width that was asked for. */
  wide(channels: number): number {
    return Math.max(1, Math.round(channels * this.options.width));
  }

  conv(key: string, x: Value, width: number, { kernel, bias = false, ...options }: LayerOptions): Value {
    const [rows, columns] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const { groups = 1 } = options;
    const weight = this.weights.take(`${key}.weight`, [width, channelsOf(x) / groups, rows, columns]);
    return this.graph.conv(key, x, weight, bias ? this.weights.take(`${key}.bias`, [width]) : undefined, options);
  }

  /** Transposed convolution with bias whose kernel equals its stride. */
  convTranspose(key: string, x: Value, width: number, kernel: number): Value {
    const weight = this.weights.take(`${key}.weight`, [channelsOf(x), width, kernel, kernel]);
    return this.graph.convTranspose(key, x, weight, this.weights.take(`${key}.bias`, [width]));
  }

  batchNorm(key: string, x: Value): Value {
    const take = (part: string) => this.weights.take(`${key}.${part}`, [channelsOf(x)]);
    const tensors = {
      weight: take('weight'),
      bias: take('bias'),
      runningMean: take('running_mean'),
      runningVar: take('running_var'),
    };
    return this.graph.batchNorm(key, x, tensors, this.epsilon);
  }

  linear(key: string, x: Value, width: number): Value {
    const { weight, bias } = this.linearTensors(key, channelsOf(x), width);
    return this.graph.linear(key, x, weight, bias);
  }

  /** The tensors of a fully connected layer, for one that is used more than once. */
  linearTensors(key: string, inputs: number, outputs: number): { weight: Tensor; bias: Tensor } {
    return {
      weight: this.weights.take(`${key}.weight`, [outputs, inputs]),
      bias: this.weights.take(`${key}.bias`, [outputs]),
    };
  }

  relu(key: string, x: Value): Value {
    return this.graph.relu(`${key}.relu`, x);
  }

  /** Offers a value as an extra output of the given kind. */
  tap(kind: ExtraOutput, name: string, value: Value): void {
    this.#taps.push({ kind, name, value });
  }

  /** @throws DomainError FIELD_INVALID if an output was asked for that the network has not got. */
  finish(logits: Value): GraphBuilder {
    this.graph.output('logits', logits);
    for (const kind of this.options.outputs) {
      const taps = this.#taps.filter((tap) => tap.kind === kind);
      if (taps.length === 0) {
        const kinds = [...new Set(this.#taps.map((tap) => tap.kind))].join(', ') || 'none';
        throw new DomainError('FIELD_INVALID', `outputs of ${this.name}: it has no ${kind}; it has ${kinds}`);
      }
      for (const { name, value } of taps) this.graph.output(name, value);
    }
    return this.graph;
  }
}

export function channelsOf({ shape }: Value): number {
  return Number(shape[1]);
}
