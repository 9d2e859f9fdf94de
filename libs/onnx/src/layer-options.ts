import type { Tensor } from '@resmask/tensor';
import type { Dimension } from './graph-signature.js';
import type { PaddingOption } from './sliding-window.js';

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
  readonly padding?: PaddingOption;
  /** Distance between the kernel's taps. */
  readonly dilation?: number;
  /** Input channels are split into this many groups; equal to the channels for a depthwise convolution. */
  readonly groups?: number;
}

export interface PoolOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding?: PaddingOption;
  /** Let a last, incomplete window count, as PyTorch's `ceil_mode` does. */
  readonly ceil?: boolean;
}

/** Weight, bias, running mean and variance of a batch normalisation, each with one value per channel. */
export interface BatchNormTensors {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
}
