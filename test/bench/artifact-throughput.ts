// node test/bench/artifact-throughput.ts [FOLDER|s3://bucket/prefix]: how fast a store takes a staged upload of 2 GB, completion
// included. The S3 endpoint is that of AWS_ENDPOINT_URL_S3, addressed by path.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArtifactStore, openArtifactStore, type StoredArtifact } from '@resmask/artifacts';

const MIB = 1024 * 1024;
const CHUNK_BYTES = MIB;
const SAMPLE_EVERY_MS = 20;

export interface UploadShape {
  readonly sizeBytes: number;
  readonly partBytes: number;
  /** Parts on their way at the same time. */
  readonly lanes: number;
}

export interface Throughput {
  /** Millions of bytes a second, from the first byte until the artifact is visible. */
  readonly megabytesPerSecond: number;
  readonly partSeconds: number;
  readonly completeSeconds: number;
  /** How far the process grew at most while it went on, in bytes. */
  readonly memoryGrowthBytes: number;
}

/** Uploads bytes that were never there before, and removes them again. */
export async function artifactThroughput(store: ArtifactStore, shape: UploadShape): Promise<Throughput> {
  const { sizeBytes, partBytes, lanes } = shape;
  // Every part is one block with its number in front: different bytes without the memory and time to make them.
  const block = randomBytes(partBytes);
  const { parts, whole } = announce(block, sizeBytes);
  const id = randomUUID();
  const memory = watchMemory();
  const start = performance.now();
  await store.stage(id, { sizeBytes, partBytes });
  const next = parts.entries();
  const lane = async () => {
    for (const [index, part] of next) await store.writePart(id, index + 1, partOf(block, index, part.sizeBytes), part);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const sent = performance.now();
  await store.completeStaged(id, whole);
  const done = performance.now();
  const memoryGrowthBytes = memory.stop();
  await store.delete(whole.sha256);
  return {
    megabytesPerSecond: sizeBytes / 1000 / (done - start),
    partSeconds: (sent - start) / 1000,
    completeSeconds: (done - sent) / 1000,
    memoryGrowthBytes,
  };
}

function announce(block: Buffer, sizeBytes: number): { parts: StoredArtifact[]; whole: StoredArtifact } {
  const whole = createHash('sha256');
  const parts: StoredArtifact[] = [];
  for (let start = 0; start < sizeBytes; start += block.length) {
    const size = Math.min(block.length, sizeBytes - start);
    const hash = createHash('sha256');
    for (const chunk of chunksOf(block, parts.length, size)) {
      hash.update(chunk);
      whole.update(chunk);
    }
    parts.push({ sha256: hash.digest('hex'), sizeBytes: size });
  }
  return { parts, whole: { sha256: whole.digest('hex'), sizeBytes } };
}

async function* partOf(block: Buffer, index: number, sizeBytes: number): AsyncGenerator<Buffer> {
  yield* chunksOf(block, index, sizeBytes);
}

function* chunksOf(block: Buffer, index: number, sizeBytes: number): Generator<Buffer> {
  const number = Buffer.from(String(index).padStart(8, '0'));
  yield number.subarray(0, sizeBytes);
  for (let start = number.length; start < sizeBytes; start += CHUNK_BYTES) {
    yield block.subarray(start, Math.min(start + CHUNK_BYTES, sizeBytes));
  }
}

function watchMemory(): { stop(): number } {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, SAMPLE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most - before;
    },
  };
}

async function main(location?: string): Promise<void> {
  const folder = location ?? (await mkdtemp(join(tmpdir(), 'resmask-bench-')));
  const store = await openArtifactStore(folder, { endpoint: process.env['AWS_ENDPOINT_URL_S3'], pathStyle: true });
  for (const shape of [
    { sizeBytes: 2048 * MIB, partBytes: 8 * MIB, lanes: 1 },
    { sizeBytes: 2048 * MIB, partBytes: 16 * MIB, lanes: 4 },
  ]) {
    const { megabytesPerSecond, partSeconds, completeSeconds, memoryGrowthBytes } = await artifactThroughput(
      store,
      shape,
    );
    process.stdout.write(
      `${shape.sizeBytes / MIB} MiB in parts of ${shape.partBytes / MIB} MiB, ${shape.lanes} at once: ${megabytesPerSecond.toFixed(0)} MB/s ` +
        `(parts ${partSeconds.toFixed(1)} s, completion ${completeSeconds.toFixed(1)} s), grew by ${(memoryGrowthBytes / MIB).toFixed(0)} MiB\n`,
    );
  }
  if (!location) await rm(folder, { recursive: true });
}

if (import.meta.main) await main(process.argv[2]);
