import { Allowance } from './allowance.js';

/** What a pickle may use; each limit has an error that names it. */
export interface PickleLimits {
  /** Instructions: time is linear in them. */
  readonly maxOpcodes: number;
  /** Values waiting on the stack, and marks among them. */
  readonly maxStack: number;
  /** Values kept to be referred to again. */
  readonly maxMemo: number;
  /** Memory for strings and containers. */
  readonly allowance: Allowance;
}

/** Far above what a checkpoint's pickle needs: that of a 740-tensor network has 20,000 instructions and takes 1 MB. */
export function defaultPickleLimits(): PickleLimits {
  return {
    maxOpcodes: 10_000_000,
    maxStack: 200_000,
    maxMemo: 1_000_000,
    allowance: new Allowance(256 * 1024 * 1024),
  };
}
