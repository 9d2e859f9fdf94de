import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from '@resmask/artifacts';

const BUILT = fileURLToPath(new URL('../../build/tools/minio', import.meta.url));
const MINIO = existsSync(BUILT) ? BUILT : 'minio';
const CREDENTIALS = { accessKeyId: 'resmask-test', secretAccessKey: 'a-secret-nobody-logs' };
const READY_WITHIN_MS = 30_000;

/** Whether `scripts/install-go-tools.sh` has built the server, or the machine has it. */
export const MINIO_THERE = spawnSync(MINIO, ['--version']).status === 0;

/** An S3-compatible server with an empty bucket, on a free port and in a folder of its own. */
export class MinioServer {
  static readonly bucket = 'resmask-test';

  private constructor(
    readonly folder: string,
    readonly child: ChildProcess,
    readonly options: S3Options & { readonly endpoint: string },
  ) {}

  static async start(): Promise<MinioServer> {
    const folder = await mkdtemp(join(tmpdir(), 'resmask-test-minio-'));
    const address = `127.0.0.1:${await freePort()}`;
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    const environment = { MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey, MINIO_BROWSER: 'off' };
    const child = spawn(MINIO, ['server', '--quiet', '--address', address, join(folder, 'data')], {
      env: { ...process.env, ...environment, HOME: folder },
      stdio: 'ignore',
    });
    const options = { endpoint: `http://${address}`, pathStyle: true, region: 'us-east-1', credentials: CREDENTIALS };
    const server = new MinioServer(folder, child, options);
    await server.#ready();
    await server.client().send(new CreateBucketCommand({ Bucket: MinioServer.bucket }));
    return server;
  }

  /** The bare SDK, to look at and damage what a store keeps. */
  client(): S3Client {
    return new S3Client({ ...this.options, forcePathStyle: true });
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const until = Date.now() + READY_WITHIN_MS;
    while (Date.now() < until && this.child.exitCode === null) {
      const answer = await fetch(`${this.options.endpoint}/minio/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(50);
    }
    throw new Error(`minio is not ready after ${READY_WITHIN_MS} ms, exit code ${this.child.exitCode}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address) return address.port;
  throw new Error('no port');
}
