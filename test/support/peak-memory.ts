import { residentMiB } from './process-facts.js';

const LOOK_MS = 5;

/** How far a process's memory rises above what it was while something is done, in MiB. */
export async function peakGrowthMiB(pid: number, act: () => Promise<void>): Promise<number> {
  const before = residentMiB(pid);
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, LOOK_MS);
  try {
    await act();
  } finally {
    clearInterval(watching);
  }
  return most - before;
}
