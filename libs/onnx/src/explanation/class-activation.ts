import type { Tensor } from '@resmask/tensor';
import type { ModelProto } from '../gen/onnx/onnx.js';
import { GraphIndex } from '../graph-index.js';
import { graphOf } from '../graph-signature.js';
import { intAttribute } from '../node-attributes.js';
import { constantIntegers } from './constant-tensor.js';
import { type GlobalAverage, globalAverage } from './global-average.js';
import { linearLayer } from './linear-layer.js';
import { sameVector, standardProducer } from './pass-through.js';

/** What a class activation map is made of. */
export interface ClassActivation extends GlobalAverage {
  /** [labels, channels]: how much the mean of each feature map counts for each label. */
  readonly weights: Tensor;
}

/** The tensor with one score per label that a softmax or a reordering of the labels was made of. */
interface Scores {
  readonly tensor: string;
  /** Which score each label has; undefined where they stand in the labels' order. */
  readonly order?: readonly number[];
}

/**
 * Recognises a classifier that ends in global average pooling and a linear layer, which is what a class activation map needs
 * (Zhou et al., "Learning Deep Features for Discriminative Localization", section 2). Between the two and behind them there may be
 * dropout, casts, changes of shape, a softmax, a selection of labels, and the pairs of QuantizeLinear and DequantizeLinear.
 * @param outputTensor the output with a score or probability for each label
 * @returns undefined for networks of another form
 * @throws DomainError WEIGHTS_INVALID if the linear layer's weights lie in another file.
 */
export function findClassActivation(model: ModelProto, outputTensor: string): ClassActivation | undefined {
  const index = new GraphIndex(graphOf(model));
  const { tensor, order } = scoresOf(index, { tensor: sameVector(index, outputTensor) });
  const linear = linearLayer(index, tensor);
  const average = linear && globalAverage(index, sameVector(index, linear.input));
  return average && { ...average, weights: order ? selectedRows(linear.weights, order) : linear.weights };
}

function scoresOf(index: GraphIndex, scores: Scores): Scores {
  const producer = standardProducer(index, scores.tensor);
  const before = (): string => sameVector(index, producer?.input[0] ?? '');
  if (producer?.opType === 'Softmax') return scoresOf(index, { ...scores, tensor: before() });
  if (producer?.opType !== 'Gather' || ![1, -1].includes(intAttribute(producer, 'axis', 0))) return scores;
  const taken = constantIntegers(index, producer.input[1]);
  if (!taken) return scores;
  return scoresOf(index, { tensor: before(), order: scores.order?.map((label) => taken[label]) ?? taken });
}

function selectedRows({ shape: [rows, columns], data }: Tensor, order: readonly number[]): Tensor {
  const selected = new Float32Array(order.length * columns);
  for (const [i, row] of order.entries()) {
    const start = ((row + rows) % rows) * columns;
    selected.set(data.subarray(start, start + columns), i * columns);
  }
  return { shape: [order.length, columns], data: selected };
}
