import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { RegistryClient, type UploadSource } from '@resmask/client';
import { atLeast, atMost, figure, type Row } from './row.ts';

const MIB = 1024 * 1024;
const PARENT = 'namespaces/bench-uploads';
const SAMPLE_EVERY_MS = 20;

/** A large file sent to the registry in parts by the client package, both of them hashing every byte. */
export async function* uploadRows(address: string, pid: number, quick: boolean): AsyncGenerator<Row> {
  const registry = new RegistryClient(address);
  await registry.uploadFile(PARENT, largeSource(64 * MIB));
  const size = (quick ? 512 : 2048) * MIB;
  const source = largeSource(size);
  const memory = watchMemory(pid);
  const start = performance.now();
  let parts = start;
  await registry.uploadFile(PARENT, source, {
    onProgress: () => {
      parts = performance.now();
    },
  });
  const seconds = (performance.now() - start) / 1000;
  const grown = memory.stop();
  yield figure('upload.parts.rate', 'of it until the last part was stored', size / 1e3 / (parts - start), 'MB/s');
  yield atLeast('upload.rate', `${size / MIB} MiB in parts, until it is visible`, size / 1e6 / seconds, 150, 'MB/s');
  yield atMost('upload.memory', 'how far the registry grew meanwhile', grown / MIB, 256, 'MiB');
  registry.close();
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

function watchMemory(pid: number): { stop(): number } {
  const before = residentBytes(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, SAMPLE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most - before;
    },
  };
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
