import { spawnSync } from 'node:child_process';

/** A Python that has PyTorch: `RESMASK_PYTHON`, else `python3`; undefined where there is none. */
export function pythonWithTorch(): string | undefined {
  const python = process.env['RESMASK_PYTHON'] ?? 'python3';
  return spawnSync(python, ['-c', 'import torch, numpy']).status === 0 ? python : undefined;
}
