import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resmask, startResmask } from '../support/command-line.js';

interface Endpoints {
  readonly inference: string;
  readonly registry: string;
  readonly evaluation: string;
}

describe('resmask up', () => {
  let folder: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp('/tmp/resmask-up-');
    await chmod(folder, 0o711);
  });
  afterAll(async () => {
    for (const child of running) if (child.exitCode === null && child.signalCode === null) await stop(child);
    await rm(folder, { recursive: true, force: true });
  });

  async function up(): Promise<{ child: ChildProcess; endpoints: Endpoints }> {
    const child = startResmask(['up', '--state', folder, '--ports', '0', '--json'], { DATABASE_URL: '' });
    running.push(child);
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    const first = await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, 'data'),
      once(child, 'exit').then(() => undefined),
    ]);
    if (!first) throw new Error(`resmask up ended:\n${errors}`);
    return { child, endpoints: JSON.parse(String(first[0])) };
  }

  async function stop(child: ChildProcess): Promise<number | null> {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  }

  const models = async ({ registry }: Endpoints) => {
    const { stdout, stderr } = await resmask(['models', 'list', '--json', '--registry', registry]);
    expect(stdout, stderr).not.toBe('');
    return JSON.parse(stdout);
  };

  it('runs everything with the shipped models promoted, and refuses a second one on the same folder', async () => {
    const { child, endpoints } = await up();
    expect(await models(endpoints)).toMatchObject([{ aliases: { production: 1 } }, { aliases: { production: 1 } }]);
    const second = await resmask(['up', '--state', folder, '--ports', '0'], { DATABASE_URL: '' });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('another "resmask up" runs on');
    expect(await stop(child)).toBe(0);
  });

  it('works again after a kill -9, with the data intact and nothing left running', async () => {
    const first = await up();
    const before = await models(first.endpoints);
    const exited = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await exited;
    const second = await up();
    expect(await models(second.endpoints)).toEqual(before);
    // The services of the killed one have ended by themselves.
    await delay(500);
    const orphans = await resmask([
      'status',
      '--json',
      '--inference',
      first.endpoints.inference,
      '--registry',
      first.endpoints.registry,
    ]);
    expect(
      JSON.parse(orphans.stdout)
        .slice(0, 2)
        .map(({ health }: { health: string }) => health),
    ).toEqual(['UNREACHABLE', 'UNREACHABLE']);
    expect(await stop(second.child)).toBe(0);
  });

  it('starts a service again that died', async () => {
    const { child, endpoints } = await up();
    const registry = await processListening(endpoints.registry);
    process.kill(registry, 'SIGKILL');
    for (let tries = 0; ; tries += 1) {
      const { stdout } = await resmask(['models', 'list', '--json', '--registry', endpoints.registry]);
      if (stdout !== '') break;
      expect(tries).toBeLessThan(50);
      await delay(200);
    }
    expect(await processListening(endpoints.registry)).not.toBe(registry);
    expect(await stop(child)).toBe(0);
  });
});

/** The process that listens on an address, from the kernel's tables. */
async function processListening(address: string): Promise<number> {
  const { readdir, readFile, readlink } = await import('node:fs/promises');
  const port = Number(address.split(':')[1]).toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const inode = lines.find(([, local, , state]) => local?.endsWith(`:${port}`) && state === '0A')?.[9];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const link = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (link === `socket:[${inode}]`) return Number(pid);
    }
  }
  throw new Error(`nothing listens on ${address}`);
}
