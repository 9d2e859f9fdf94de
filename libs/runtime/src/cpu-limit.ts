import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * CPUs this process may use: those the machine shows it, but no more than its control group's quota, which containers are
 * limited by and `os.availableParallelism` does not see on every system. At least 1.
 * @param root where `proc` and `sys` lie; other than `/` only in tests
 */
export function cpuLimit(root = '/', visible = availableParallelism()): number {
  const quotas = [...groupQuotas(root)].filter((quota) => quota > 0);
  return Math.max(1, Math.floor(Math.min(visible, ...quotas)));
}

/** CPUs' worth of quota of this process's control groups, in both versions of the interface, innermost group and mount root. */
function* groupQuotas(root: string): Generator<number> {
  const groups = read(join(root, 'proc/self/cgroup')) ?? '';
  for (const line of groups.split('\n').filter(Boolean)) {
    const [id, controllers, ...path] = line.split(':');
    const group = path.join(':');
    if (id === '0') yield* quotasV2(join(root, 'sys/fs/cgroup'), group);
    else if (controllers.split(',').includes('cpu')) yield* quotasV1(join(root, 'sys/fs/cgroup', controllers), group);
  }
}

function* quotasV2(mount: string, group: string): Generator<number> {
  for (const folder of [join(mount, group), mount]) {
    const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').split(' ').map(Number);
    if (quota > 0 && period > 0) yield quota / period;
  }
}

function* quotasV1(mount: string, group: string): Generator<number> {
  for (const folder of [join(mount, group), mount]) {
    const quota = Number(read(join(folder, 'cpu.cfs_quota_us')) ?? -1);
    const period = Number(read(join(folder, 'cpu.cfs_period_us')) ?? 0);
    if (quota > 0 && period > 0) yield quota / period;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Not every system has every file; a missing one sets no limit.
    return undefined;
  }
}
