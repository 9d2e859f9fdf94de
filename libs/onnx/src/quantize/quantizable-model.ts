import { DomainError } from '@resmask/errors';
import { type FoldOptions, foldBatchNorm } from '../fold-batch-norm.js';
import type { ModelProto } from '../gen/onnx/onnx.js';
import { graphOf } from '../graph-signature.js';
import { operatorSet } from '../operator-set.js';
import { withShuffledConvolutions } from '../shuffled-convolution.js';

/** Scales for each channel exist from here on. */
const LEAST_OPSET = 13;

/**
 * A model in the form that is calibrated and quantised: batch normalisation folded, transposed convolutions written as ones that have
 * an integer kernel.
 * @throws DomainError GRAPH_SPEC_MISMATCH for an operator set below 13, or a model that is quantised already.
 */
export function quantizableModel(model: ModelProto, options: FoldOptions = {}): ModelProto {
  const opset = operatorSet(model);
  if (opset < LEAST_OPSET) {
    throw new DomainError(
      'GRAPH_SPEC_MISMATCH',
      `the model uses operator set ${opset}, quantising needs ${LEAST_OPSET} or later; export it again with a later one`,
    );
  }
  if (graphOf(model).node.some(({ opType = '' }) => /^(Quantize|Dequantize|QLinear)/.test(opType))) {
    throw new DomainError('GRAPH_SPEC_MISMATCH', 'the model is quantised already; start from its float32 form');
  }
  return withShuffledConvolutions(foldBatchNorm(model, options));
}
