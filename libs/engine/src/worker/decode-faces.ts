import { DomainError } from '@resmask/errors';
import type { FaceOutput, InputSpec } from '@resmask/model-spec';
import type { SessionTensor } from '@resmask/runtime';
import {
  correctBox,
  type Detection,
  decodeTinyFace,
  decodeUltraface,
  decodeYunet,
  suppressNonMaxima,
} from '@resmask/vision';

/**
 * The faces in a detector's outputs, best score first, in pixels of the network's input: decoded, without those that overlap a better
 * one, boxes corrected as the specification says.
 * @param outputs of one image, in the order of the specification's tensors
 * @param input width and height of the network's input
 * @throws DomainError GRAPH_SPEC_MISMATCH if an output has another size than the decoder reads.
 */
export function decodeFaces(
  outputs: readonly SessionTensor[],
  output: FaceOutput,
  input: Pick<InputSpec, 'width' | 'height'>,
): Detection[] {
  const kept = suppressNonMaxima(decode(outputs, output, input), output.overlapThreshold);
  const { boxCorrection } = output;
  return boxCorrection ? kept.map((face) => ({ ...face, box: correctBox(face.box, boxCorrection) })) : kept;
}

function decode(
  outputs: readonly SessionTensor[],
  { decoder, strides, scoreThreshold }: FaceOutput,
  { width, height }: Pick<InputSpec, 'width' | 'height'>,
): Detection[] {
  const values = outputs.map(({ data }) => (data instanceof Float32Array ? data : Float32Array.from(data)));
  try {
    switch (decoder) {
      case 'tiny-face':
        return decodeTinyFace(values[0], outputs[0].dims[2], outputs[0].dims[3], strides[0], scoreThreshold);
      case 'yunet':
        return decodeYunet(values, strides, width, height, scoreThreshold);
      case 'ultraface':
        return decodeUltraface(values[0], values[1], width, height, scoreThreshold);
    }
  } catch (cause) {
    // Only a graph with free dimensions can get here with sizes that its registration could not see.
    if (!(cause instanceof RangeError)) throw cause;
    throw new DomainError('GRAPH_SPEC_MISMATCH', `the ${decoder} decoder cannot read the outputs: ${cause.message}`, {
      cause,
    });
  }
}
