/**
 * Little-endian float32 values out of a file's bytes. Copied, because a view into a file need not be aligned to four bytes
 * (and `slice` of a Node Buffer is no copy).
 */
export function float32Copy(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length / 4);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
