import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuLimit } from './cpu-limit.js';

describe('cpuLimit', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'resmask-cpu-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const limit = (files: Readonly<Record<string, string>>, visible = 16): number => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return cpuLimit(root, visible);
  };

  it('is what the machine shows where there is no quota', () => {
    expect(limit({})).toBe(16);
    expect(limit({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' })).toBe(16);
    expect(
      limit({
        'proc/self/cgroup': '1:cpu:/\n',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      }),
    ).toBe(16);
  });

  it("is a container's quota, rounded down, at least one", () => {
    const container = (max: string) => limit({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': max });
    expect([container('400000 100000\n'), container('250000 100000\n'), container('50000 100000\n')]).toEqual([
      4, 2, 1,
    ]);
  });

  it('is found in a nested group, and in the older interface whatever its controllers are called', () => {
    expect(limit({ 'proc/self/cgroup': '0::/user/app\n', 'sys/fs/cgroup/user/app/cpu.max': '200000 100000\n' })).toBe(
      2,
    );
    const files = { 'cpu.cfs_quota_us': '300000\n', 'cpu.cfs_period_us': '100000\n' };
    for (const controllers of ['cpu', 'cpu,cpuacct']) {
      const folder = `sys/fs/cgroup/${controllers}/app`;
      const placed = Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
      expect(limit({ 'proc/self/cgroup': `7:${controllers}:/app\n`, ...placed })).toBe(3);
    }
  });

  it('is never more than the machine shows', () => {
    expect(limit({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '3200000 100000\n' }, 8)).toBe(8);
  });
});
