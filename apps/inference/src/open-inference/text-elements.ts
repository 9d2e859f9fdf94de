import { tensorInvalid } from './tensor-invalid.js';

const LENGTH_BYTES = 4;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Elements of a BYTES tensor as it lies on the wire: for each a little-endian uint32 with its length, and its bytes.
 * @throws DomainError TENSOR_INVALID if they are not exactly `count`, or one is no text.
 */
export function decodeTextElements(bytes: Buffer, count: number, field: string): string[] {
  if (bytes.length < count * LENGTH_BYTES) {
    throw tensorInvalid(field, `got ${bytes.length} bytes; ${count} elements have a length of 4 bytes each`);
  }
  const elements: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + LENGTH_BYTES;
    const end = start > bytes.length ? start : start + bytes.readUInt32LE(at);
    if (end > bytes.length) {
      throw tensorInvalid(field, `element ${elements.length} would end at byte ${end} of ${bytes.length}`);
    }
    if (elements.length === count) throw tensorInvalid(field, `there are more than the ${count} elements of the shape`);
    elements.push(toText(bytes.subarray(start, end), `${field}, element ${elements.length}`));
    at = end;
  }
  if (elements.length < count) throw tensorInvalid(field, `got ${elements.length} elements; the shape has ${count}`);
  return elements;
}

export function encodeTextElements(elements: readonly string[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const bytes = Buffer.from(element);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** @throws DomainError TENSOR_INVALID: ONNX Runtime's binding for JavaScript takes text only, and cuts it at a NUL. */
export function toText(bytes: Uint8Array, field: string): string {
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw tensorInvalid(field, `it has a NUL at byte ${nul}; only text without NUL can be fed`);
  try {
    return utf8.decode(bytes);
  } catch {
    throw tensorInvalid(field, 'it is not UTF-8; only text can be fed');
  }
}
