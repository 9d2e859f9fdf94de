import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resmask } from '../support/command-line.js';

it('the demo streams six pictures, prints a line for each, leaves the annotated picture and nothing running', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resmask-demo-test-'));
  const picture = join(folder, 'faces.png');
  const { code, stdout, stderr } = await resmask(['demo', '-o', picture], { DATABASE_URL: '' });
  expect(code, stderr).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(6);
  for (const [i, line] of lines.entries())
    expect(line).toMatch(new RegExp(`^frame ${i + 1} sample${i + 1}\\.jpg: .*(\\d+ % at \\d+,\\d+ \\d+×\\d+)`));
  expect((await readFile(picture)).subarray(1, 4).toString()).toBe('PNG');
  expect(stderr).toContain('everything is stopped');
  await rm(folder, { recursive: true });
});
