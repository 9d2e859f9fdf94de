import { DomainError } from '@resmask/errors';
import { elementCount, type NamedTensors, type Tensor } from '@resmask/tensor';
import { float32Copy } from './float32-copy.js';

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

/**
 * Reads a TensorFlow.js weight manifest and its bytes, as @vladmandic/face-api ships them: float32, or bytes that mean
 * byte × scale + min.
 * @param manifest the parsed `*-weights_manifest.json`: a list of groups
 * @param bytes the groups' files, one after the other
 * @throws DomainError WEIGHTS_INVALID if manifest and bytes do not fit.
 */
export function readTfjsWeights(manifest: unknown, bytes: Uint8Array): NamedTensors {
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const weight of weightsOf(manifest)) {
    const count = elementCount(weight.shape);
    const size = weight.quantization ? count : count * 4;
    if (offset + size > bytes.length) {
      throw invalid(`"${weight.name}" needs ${size} bytes at ${offset}, the file has ${bytes.length}`);
    }
    const slice = bytes.subarray(offset, offset + size);
    tensors.set(weight.name, { shape: weight.shape, data: dequantize(weight, slice) });
    offset += size;
  }
  if (offset !== bytes.length) throw invalid(`it describes ${offset} bytes, the file has ${bytes.length}`);
  return tensors;
}

function weightsOf(manifest: unknown): readonly Weight[] {
  if (!Array.isArray(manifest)) throw invalid('it is no list of groups');
  return manifest.flatMap((group: { weights?: readonly Weight[] }) => {
    if (!Array.isArray(group?.weights)) throw invalid('a group has no weights');
    return group.weights;
  });
}

function dequantize({ name, dtype, quantization }: Weight, bytes: Uint8Array): Float32Array {
  if (dtype !== 'float32' || (quantization && quantization.dtype !== 'uint8')) {
    throw invalid(`"${name}" is ${quantization?.dtype ?? dtype}; float32 and uint8-quantised float32 can be read`);
  }
  if (!quantization) return float32Copy(bytes);
  const { scale, min } = quantization;
  return Float32Array.from(bytes, (byte) => byte * scale + min);
}

function invalid(problem: string): DomainError {
  return new DomainError('WEIGHTS_INVALID', `the weight manifest cannot be read: ${problem}`);
}
