import { Allowance } from '@resmask/pickle';

/** What reading a checkpoint may take, so that a small file cannot ask for much. */
export interface CheckpointLimits {
  /** Memory beside the file: pickled values, entries that are unpacked, tensors that are gathered. */
  readonly memory: Allowance;
  /** Bytes of all tensors together, aliases and expanded ones counted in full: what a converted file would hold. */
  readonly maxTensorBytes: number;
  /** Entries of a zip file. */
  readonly maxZipEntries: number;
}

const MEBIBYTE = 1024 * 1024;

/** The defaults for a file of that size: four times its bytes, and 48 MiB for small ones. */
export function checkpointLimits(fileBytes: number): CheckpointLimits {
  const bytes = Math.max(48 * MEBIBYTE, 4 * fileBytes);
  return { memory: new Allowance(bytes), maxTensorBytes: bytes, maxZipEntries: 100_000 };
}
