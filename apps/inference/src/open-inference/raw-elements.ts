import type { AnyTensor, TensorData, TensorType } from '@resmask/runtime';
import { DATATYPES, LAYOUTS } from './datatype.js';
import { tensorInvalid } from './tensor-invalid.js';
import { decodeTextElements, encodeTextElements } from './text-elements.js';

/**
 * Elements of a tensor from its raw bytes, in a buffer of their own that can move to a worker.
 * @param bytes little-endian, row-major, no padding
 * @throws DomainError TENSOR_INVALID if there are not exactly as many as `count` elements take.
 */
export function decodeRawElements(
  type: TensorType,
  bytes: Buffer,
  count: number,
  field: string,
): TensorData[TensorType] {
  if (type === 'string') return decodeTextElements(bytes, count, field);
  const layout = LAYOUTS[type];
  const wanted = count * layout.bytes;
  if (bytes.length !== wanted) {
    const what = `${count} elements of ${DATATYPES[type].name} are ${wanted} bytes`;
    throw tensorInvalid(field, `got ${bytes.length} bytes; ${what}`);
  }
  const data = new layout.View(ownBuffer(bytes), 0, count);
  // Another byte than 0 and 1 is no bool to what computes with it.
  if (type === 'bool') for (let i = 0; i < data.length; i += 1) data[i] = data[i] ? 1 : 0;
  return data;
}

/** Raw bytes of a tensor's elements; those of fixed size are not copied. */
export function encodeRawElements(tensor: AnyTensor): Buffer {
  if (tensor.type === 'string') return encodeTextElements(tensor.data);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** The buffer of bytes that have one of their own, else a copy: a view into a message is not aligned, and others lie beside it. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}
