import { createHash, randomBytes } from 'node:crypto';
import { RegistryClient, Task, type UploadSource } from '@resmask/client';
import type { ModelFile } from '@resmask/contracts/registry.v1';
import { newVersion } from '../support/publish.ts';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.ts';
import { watchProcess } from './process-usage.ts';
import { atLeast, atMost, figure, type Row } from './row.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PARENT = 'namespaces/bench-uploads';

/**
 * A large file sent to the registry in parts by the client package, both of them hashing every byte, and fetched again. The client is
 * this process, on the same CPUs, and makes what it sends meanwhile.
 */
export async function* transferRows(address: string, pid: number, quick: boolean): AsyncGenerator<Row> {
  const registry = new RegistryClient(address);
  const warming = largeSource(64 * MIB);
  await registry.uploadFile(PARENT, warming);
  const source = largeSource(quick ? 512 * MIB : 2 * GIB);
  yield* uploadRows(registry, pid, source);
  yield* downloadRows(registry, pid, source);
  registry.close();
}

async function* uploadRows(registry: RegistryClient, pid: number, source: UploadSource): AsyncGenerator<Row> {
  const served = watchProcess(pid);
  const own = watchProcess(process.pid);
  const start = performance.now();
  let parts = start;
  await registry.uploadFile(PARENT, source, {
    onProgress: () => {
      parts = performance.now();
    },
  });
  const seconds = (performance.now() - start) / 1000;
  const { cpuSeconds, grownBytes } = served.stop();
  const client = own.stop();
  const { sizeBytes } = source;
  const gib = sizeBytes / GIB;
  yield figure('upload.parts.rate', 'of it until the last part was stored', sizeBytes / 1e3 / (parts - start), 'MB/s');
  const what = `${sizeBytes / MIB} MiB in parts, until it is visible`;
  yield atLeast('upload.rate', what, sizeBytes / 1e6 / seconds, 150, 'MB/s');
  yield figure('upload.cpu', 'the registry, all its threads', cpuSeconds / gib, 's/GiB');
  yield figure('upload.client.cpu', 'the client, making the bytes included', client.cpuSeconds / gib, 's/GiB');
  yield atMost('upload.memory', 'how far the registry grew meanwhile', grownBytes / MIB, 64, 'MiB');
  yield figure('upload.client.memory', 'how far the client grew meanwhile', client.grownBytes / MIB, 'MiB');
}

async function* downloadRows(registry: RegistryClient, pid: number, source: UploadSource): AsyncGenerator<Row> {
  const { sizeBytes, sha256 } = source;
  const name = await publishWith(registry, { path: 'weights.bin', sizeBytes, sha256 });
  const served = watchProcess(pid);
  const own = watchProcess(process.pid);
  const start = performance.now();
  const hash = createHash('sha256');
  for await (const chunk of registry.downloadModelFile(name, 'weights.bin')) hash.update(chunk);
  const seconds = (performance.now() - start) / 1000;
  if (hash.digest('hex') !== sha256) throw new Error('other bytes came back than were sent');
  const { cpuSeconds, grownBytes } = served.stop();
  const gib = sizeBytes / GIB;
  yield figure('download.rate', `${sizeBytes / MIB} MiB in one call, hashed`, sizeBytes / 1e6 / seconds, 'MB/s');
  yield figure('download.cpu', 'the registry, all its threads', cpuSeconds / gib, 's/GiB');
  yield figure('download.client.cpu', 'the client', own.stop().cpuSeconds / gib, 's/GiB');
  yield figure('download.memory', 'how far the registry grew meanwhile', grownBytes / MIB, 'MiB');
}

/** @returns the name of a version that has the file besides its graph */
async function publishWith(registry: RegistryClient, file: ModelFile): Promise<string> {
  const graph = tinyModel();
  const version = newVersion(graph, TINY_SPEC);
  await registry.uploadFile(PARENT, sourceOf(graph, version.files[0].sha256));
  const { name } = await registry.createModel(PARENT, 'large', Task.TASK_EXPRESSION);
  return (await registry.createModelVersion(name, { ...version, files: [...version.files, file] })).name;
}

function sourceOf(bytes: Buffer, sha256: string): UploadSource {
  async function* read(offset: number, length: number): AsyncGenerator<Buffer> {
    yield bytes.subarray(offset, offset + length);
  }
  return { sizeBytes: bytes.length, sha256, read };
}

/** Bytes that were never there before: a random block again and again, with its number in front. */
function largeSource(sizeBytes: number): UploadSource {
  const block = randomBytes(MIB);
  const numbered = (index: number): Buffer =>
    Buffer.concat([Buffer.from(String(index).padStart(8)), block.subarray(8)]);
  const hash = createHash('sha256');
  for (let index = 0; index < sizeBytes / MIB; index += 1) hash.update(numbered(index));
  async function* read(offset: number, length: number): AsyncGenerator<Buffer> {
    for (let at = offset; at < offset + length; at += MIB) {
      yield numbered(at / MIB).subarray(0, Math.min(MIB, offset + length - at));
    }
  }
  return { sizeBytes, sha256: hash.digest('hex'), read };
}
