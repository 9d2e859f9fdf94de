import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EmbeddedPostgres } from '@resmask/database';
import { ServiceProcess } from '../../apps/cli/dist/up/service-process.js';
import { type SeedSize, seedRegistry } from './registry-seed.ts';

/** The registry and the yardstick, each in a process of its own, on one seeded database. */
export interface RegistryBenchPlatform {
  /** `host:port` */
  readonly served: string;
  readonly bare: string;
  /** Process id of the registry. */
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRegistryBench(size: SeedSize): Promise<RegistryBenchPlatform> {
  const folder = mkdtempSync('/tmp/resmask-bench-registry-');
  chmodSync(folder, 0o711);
  const postgres = await EmbeddedPostgres.start({ folder: `${folder}/postgres` });
  const registry = await ServiceProcess.start({
    name: 'registry',
    listen: '127.0.0.1:0',
    environment: { DATABASE_URL: postgres.url, RESMASK_MIGRATE: 'on-start', RESMASK_ARTIFACTS: `${folder}/artifacts` },
    logFile: `${folder}/registry.log`,
    onRestart: (reason) => {
      throw new Error(`the registry died in the benchmark: ${reason}`);
    },
  });
  await seedRegistry(postgres.url, size);
  const yardstick = fork(fileURLToPath(new URL('./registry-yardstick.ts', import.meta.url)), {
    env: { ...process.env, DATABASE_URL: postgres.url },
  });
  const [{ port }] = (await once(yardstick, 'message')) as [{ port: number }];
  return {
    served: registry.address,
    bare: `127.0.0.1:${port}`,
    pid: registry.pid ?? 0,
    stop: async () => {
      await stopProcess(yardstick);
      await registry.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function stopProcess(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
