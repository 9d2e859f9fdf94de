import { invalid } from './refusals.js';

export type CheckpointFormat = 'pytorch-zip' | 'pytorch-legacy' | 'safetensors';

interface Signature {
  readonly what: string;
  readonly test: (bytes: Uint8Array) => boolean;
}

/** Files that people take for checkpoints. */
const FOREIGN: readonly Signature[] = [
  {
    what: 'a tar archive, as PyTorch wrote before 0.1.10 (2017); load and save it again with a PyTorch that can',
    test: isTar,
  },
  { what: 'a web page: the download went wrong', test: (bytes) => /^\s*<(!doctype|html)/i.test(text(bytes, 0, 64)) },
  { what: "a Git LFS pointer: fetch the file itself with 'git lfs pull'", test: beginsWith('version https://git-lfs') },
  { what: 'a gzip archive; unpack it first', test: beginsWith('\x1f\x8b') },
  { what: 'an HDF5 file, as Keras writes', test: beginsWith('\x89HDF') },
  { what: 'a NumPy array', test: beginsWith('\x93NUMPY') },
];

/**
 * What a file is, by its first bytes.
 * @throws DomainError WEIGHTS_INVALID that says what the file looks like if it is none of the formats.
 */
export function checkpointFormat(bytes: Uint8Array): CheckpointFormat {
  if (beginsWith('PK\x03\x04')(bytes)) return 'pytorch-zip';
  // A safetensors header is JSON; its length comes first, in eight bytes.
  if (bytes[8] === 0x7b && bytes[7] === 0) return 'safetensors';
  // The instruction that begins every pickle since protocol 2.
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return 'pytorch-legacy';
  const foreign = FOREIGN.find(({ test }) => test(bytes));
  const what = foreign?.what ?? `of an unknown kind, its first bytes are ${hex(bytes.subarray(0, 8))}`;
  const allowed = 'a PyTorch checkpoint (zip or legacy) or a safetensors file is needed';
  throw invalid(bytes.length === 0 ? `the file is empty; ${allowed}` : `the file is ${what}; ${allowed}`);
}

/** The first entry of PyTorch's own tar files is named, or the archive is of a newer kind that names itself. */
function isTar(bytes: Uint8Array): boolean {
  return text(bytes, 257, 5) === 'ustar' || /^(sys_info|storages|tensors|pickle)\0/.test(text(bytes, 0, 16));
}

function beginsWith(signature: string): (bytes: Uint8Array) => boolean {
  return (bytes) => text(bytes, 0, signature.length) === signature;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
