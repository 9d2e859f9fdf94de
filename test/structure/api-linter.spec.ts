import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const BUILT = fileURLToPath(new URL('../../build/tools/api-linter', import.meta.url));
const API_LINTER = existsSync(BUILT) ? BUILT : 'api-linter';
const there = spawnSync(API_LINTER, ['--version']).status === 0;

describe.skipIf(!there)("Google's api-linter", () => {
  it('finds nothing in resmask.registry.v1 beyond what proto/api-linter.yaml gives a reason for', () => {
    const files = globSync('resmask/registry/v1/*.proto', { cwd: PROTO });
    expect(files.length).toBeGreaterThan(5);
    const args = ['--config', 'api-linter.yaml', '--set-exit-status', '--output-format', 'github', ...files];
    const { status, stdout, stderr } = spawnSync(API_LINTER, args, { cwd: PROTO, encoding: 'utf8' });
    expect(status, `${stdout}${stderr}`).toBe(0);
  });
});
