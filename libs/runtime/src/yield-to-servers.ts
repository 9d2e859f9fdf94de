import { setPriority } from 'node:os';

/** Steps down from the priority threads start with; small enough that a busy machine still computes. */
const NICENESS = 5;

/**
 * Lets the thread that calls it wait for the thread that answers clients whenever both want the CPU: computing takes milliseconds, and a
 * message that waits behind it makes every client wait. Where a thread has no priority of its own (only Linux gives it one), or may not
 * change it, nothing happens.
 */
export function yieldToServers(): void {
  if (process.platform !== 'linux') return;
  try {
    // 0 is the calling thread: Linux keeps priorities per thread.
    setPriority(0, NICENESS);
  } catch {
    // A sandbox that forbids it only costs latency.
  }
}
