import { spawnSync } from 'node:child_process';

/** A Python that can import a module (RESMASK_PYTHON, else python3); undefined where there is none. */
export function pythonWith(module: string): string | undefined {
  const candidates = [process.env['RESMASK_PYTHON'], 'python3'].filter((name) => name !== undefined);
  return candidates.find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0);
}
