import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '@resmask/client';
import { checkHealth } from '../../../apps/cli/dist/up/check-health.js';
import { Platform } from '../../../apps/cli/dist/up/platform.js';
import { registerShippedModels } from '../../../apps/cli/dist/up/shipped-models.js';
import { publish } from '../../support/publish.ts';
import { type BenchModel, echoModel, heavyModel } from './bench-models.ts';

/** Sessions of the service, and of the yardstick. */
export const WORKERS = 2;
const PARENT = 'namespaces/default';

/** How the gRPC thread of the inference service was held up, in milliseconds. */
export interface EventLoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The services as they run everywhere, each a process of its own, with the models of the suite promoted. */
export class ServingBench {
  readonly platform: Platform;
  readonly folder: string;
  readonly heavy: BenchModel;

  private constructor(platform: Platform, folder: string, heavy: BenchModel) {
    this.platform = platform;
    this.folder = folder;
    this.heavy = heavy;
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<ServingBench> {
    const folder = mkdtempSync('/tmp/resmask-bench-');
    chmodSync(folder, 0o711);
    process.env['RESMASK_BENCH_EVENT_LOOP'] = join(folder, 'event-loop.json');
    process.env['NODE_OPTIONS'] = `--import ${new URL('../event-loop-probe.mjs', import.meta.url).href}`;
    const free = '127.0.0.1:0';
    const platform = await Platform.start({
      folder,
      listen: { registry: free, inference: free, evaluation: free },
      settings: { RESMASK_WORKERS: String(WORKERS), ...settings },
      tell: () => {},
    });
    const bench = new ServingBench(platform, folder, heavyModel());
    await bench.#prepare();
    return bench;
  }

  get address(): string {
    return this.platform.address('inference');
  }

  /** Of the inference service. */
  get pid(): number {
    return this.platform.pid('inference') ?? 0;
  }

  get registry(): RegistryClient {
    return new RegistryClient(this.platform.address('registry'));
  }

  /** Forgets what was measured so far. */
  resetEventLoop(): void {
    process.kill(this.pid, 'SIGUSR2');
  }

  async eventLoop(): Promise<EventLoopDelay> {
    await delay(300);
    return JSON.parse(readFileSync(join(this.folder, 'event-loop.json'), 'utf8'));
  }

  /** Resident memory of the inference service in bytes. */
  memory(): number {
    const [, pages] = readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ');
    return Number(pages) * 4096;
  }

  /** Handles of the inference service. */
  handles(): number {
    return Number(/FDSize:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]);
  }

  async stop(): Promise<void> {
    await this.platform.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #prepare(): Promise<void> {
    const registry = this.registry;
    await registerShippedModels(registry, PARENT);
    for (const { name, file, spec } of [this.heavy, echoModel()])
      await publish(registry, name, file, spec, 'production');
    registry.close();
    while ((await checkHealth(this.address)) !== 'SERVING') await delay(100);
  }
}
