// A process that stages one model and ends: what that takes, more than twice the weights, is gone with it.
import { createWriteStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { digestOfFile } from '@resmask/artifacts';
import { encodeModelFiles } from '@resmask/onnx';
import { toFailure, writeOptimizedModel } from '@resmask/runtime';
import type { GraphFacts } from './graph-facts.js';
import { readGraph } from './read-graph.js';
import { stageGraph } from './stage-graph.js';
import { writeStagedRecord } from './staged-record.js';
import type { StagingReply, StagingRequest } from './staging-messages.js';

const MODEL = 'model.onnx';
const UNOPTIMIZED = 'unoptimized.onnx';
const dataOf = (name: string): string => `${name}.data`;

process.once('disconnect', () => process.exit(1));
process.once('message', async (request: StagingRequest) => {
  const reply = await stage(request).then(
    (): StagingReply => ({ done: true }),
    (error: unknown): StagingReply => ({ failure: toFailure(error) }),
  );
  process.send?.(reply, () => process.disconnect());
});

async function stage(request: StagingRequest): Promise<void> {
  const { folder, files, provider } = request;
  const optimized = provider === 'cpu';
  const written = optimized ? UNOPTIMIZED : MODEL;
  const facts = await writeStaged(request, written);
  if (optimized) {
    await collectGarbage();
    await writeOptimizedModel(join(folder, UNOPTIMIZED), join(folder, MODEL));
    for (const name of [UNOPTIMIZED, dataOf(UNOPTIMIZED)]) await rm(join(folder, name), { force: true });
  }
  // Without larger weights there is no file of them; the graph's name sorts first.
  const names = (await readdir(folder)).sort();
  const digests = await Promise.all(
    names.map(async (name) => ({ name, sha256: (await digestOfFile(join(folder, name))).sha256 })),
  );
  await writeStagedRecord(folder, { optimized, facts, files: digests, artifacts: files.map(({ sha256 }) => sha256) });
}

async function writeStaged({ cacheFolder, files, purpose, folder }: StagingRequest, name: string): Promise<GraphFacts> {
  const { model, facts } = stageGraph(await readGraph(cacheFolder, files), purpose);
  const { model: graph, data = [] } = encodeModelFiles(model, { dataFile: dataOf(name), aboveBytes: 0 });
  await write(join(folder, name), graph);
  await write(join(folder, dataOf(name)), data);
  return facts;
}

/** The graph is no longer needed: its memory has to go before ONNX Runtime takes as much. */
async function collectGarbage(): Promise<void> {
  // Streams let go of their last piece a turn later, and memory of buffers is freed beside the program.
  for (let turn = 0; turn < 2; turn += 1) {
    await setImmediate();
    globalThis.gc?.();
  }
}

async function write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  await pipeline(Readable.from(chunks), createWriteStream(path));
}
