import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const SAMPLE_EVERY_MS = 20;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export interface ProcessUsage {
  /** Of all threads, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** How far the resident memory rose at most above what it was, in bytes. */
  readonly grownBytes: number;
}

/** Watches a process of this machine, as Linux counts it, until told to stop. */
export function watchProcess(pid: number): { stop(): ProcessUsage } {
  const before = residentBytes(pid);
  const spent = cpuSeconds(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, SAMPLE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return { cpuSeconds: cpuSeconds(pid) - spent, grownBytes: most - before };
    },
  };
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

function cpuSeconds(pid: number): number {
  // The second field is the name in parentheses and may hold spaces; utime and stime are the 14th and 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
