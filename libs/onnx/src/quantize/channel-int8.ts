import { LEAST_SCALE, roundHalfEven } from './affine-uint8.js';
import type { WeightLayout } from './weight-layout.js';

/** Numbers as integers with a scale for each channel: number = integer × scale[channel]. */
export interface ChannelIntegers<Integers extends Int8Array | Int32Array> {
  readonly values: Integers;
  readonly scales: Float32Array;
}

const LIMIT = 127;
/** Accumulators are int32: a bias must leave room for the products it is added to. */
const MAX_BIAS = 2 ** 30;

/**
 * Weights as int8, symmetric about zero. A channel's scale is its largest weight ÷ 127, or larger where its bias, counted in steps of
 * input scale × weight scale, would not fit int32: channels that a batch normalisation has all but switched off keep their bias.
 */
export function quantizeWeights(
  weights: Float32Array,
  { channels, inner }: Pick<WeightLayout, 'channels' | 'inner'>,
  bias: Float32Array,
  inputScale: number,
): ChannelIntegers<Int8Array> {
  const channelAt = (place: number): number => Math.floor(place / inner) % channels;
  const scales = new Float32Array(channels);
  for (let i = 0; i < weights.length; i += inner) {
    const channel = channelAt(i);
    for (let j = i; j < i + inner; j += 1) scales[channel] = Math.max(scales[channel], Math.abs(weights[j]));
  }
  for (let channel = 0; channel < channels; channel += 1) {
    const least = Math.abs(bias[channel]) / (inputScale * MAX_BIAS);
    scales[channel] = Math.max(scales[channel] / LIMIT, least, LEAST_SCALE);
  }
  const values = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i += inner) {
    const scale = scales[channelAt(i)];
    for (let j = i; j < i + inner; j += 1) {
      values[j] = Math.min(LIMIT, Math.max(-LIMIT, roundHalfEven(weights[j] / scale)));
    }
  }
  return { values, scales };
}

/** Biases in steps of input scale × weight scale, which is what the products of an integer layer are counted in. */
export function quantizeBias(
  bias: Float32Array,
  weightScales: Float32Array,
  inputScale: number,
): ChannelIntegers<Int32Array> {
  const scales = weightScales.map((scale) => scale * inputScale);
  return { values: Int32Array.from(bias, (value, channel) => roundHalfEven(value / scales[channel])), scales };
}

/**
 * What rounding the weights adds to each output channel on average: the weights' errors times the means of the input's channels.
 * Taken off the bias, it costs nothing and keeps the layers behind from seeing everything shifted.
 */
export function meanWeightError(
  weights: Float32Array,
  { values, scales }: ChannelIntegers<Int8Array>,
  { channels, inner, inputChannel }: WeightLayout,
  inputMeans: readonly number[],
): Float32Array {
  const errors = new Float64Array(channels);
  for (let i = 0; i < weights.length; i += inner) {
    const channel = Math.floor(i / inner) % channels;
    for (let j = i; j < i + inner; j += 1) {
      errors[channel] += (values[j] * scales[channel] - weights[j]) * inputMeans[inputChannel(j)];
    }
  }
  return Float32Array.from(errors);
}
