import type { NodeProto } from '../gen/onnx/onnx.js';
import type { GraphIndex } from '../graph-index.js';
import { intsAttribute, textAttribute } from '../node-attributes.js';
import { constantIntegers } from './constant-tensor.js';
import { standardProducer } from './pass-through.js';

/** A mean over height and width that is found in a graph. */
export interface GlobalAverage {
  /** The tensor it reads: the feature maps. */
  readonly features: string;
  readonly layout: 'NCHW' | 'NHWC';
  /** Height and width the maps must have for the mean to be over all of them, where a window says which. */
  readonly window?: readonly [height: number, width: number];
}

/** The global average pooling that makes a tensor: GlobalAveragePool, a ReduceMean over height and width, or an AveragePool. */
export function globalAverage(index: GraphIndex, name: string): GlobalAverage | undefined {
  const producer = standardProducer(index, name);
  const features = producer?.input[0] ?? '';
  switch (producer?.opType) {
    case 'GlobalAveragePool':
      return { features, layout: 'NCHW' };
    case 'ReduceMean':
      return reducedMean(features, intsAttribute(producer, 'axes') ?? constantIntegers(index, producer.input[1] ?? ''));
    case 'AveragePool':
      return windowMean(features, producer);
    default:
      return undefined;
  }
}

function reducedMean(features: string, axes: readonly number[] = []): GlobalAverage | undefined {
  const [first, second, ...rest] = axes.map((axis) => (axis + 4) % 4).sort();
  if (rest.length > 0) return undefined;
  if (first === 2 && second === 3) return { features, layout: 'NCHW' };
  return first === 1 && second === 2 ? { features, layout: 'NHWC' } : undefined;
}

function windowMean(features: string, pool: NodeProto): GlobalAverage | undefined {
  const [height, width, ...rest] = intsAttribute(pool, 'kernel_shape') ?? [];
  const isPlain =
    (intsAttribute(pool, 'pads') ?? []).every((pad) => pad === 0) &&
    (intsAttribute(pool, 'dilations') ?? []).every((dilation) => dilation === 1);
  const padding = textAttribute(pool, 'auto_pad') ?? 'NOTSET';
  if (rest.length > 0 || width === undefined || !isPlain || !['NOTSET', 'VALID'].includes(padding)) return undefined;
  return { features, layout: 'NCHW', window: [height, width] };
}
