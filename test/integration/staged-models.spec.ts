import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArtifactStore } from '@resmask/artifacts';
import { encodeModel, GraphBuilder, type ModelProto, PIXELS_INPUT } from '@resmask/onnx';
import { SessionThread } from '@resmask/runtime';
import { tensor } from '@resmask/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageGraph } from '../../libs/engine/dist/staging/stage-graph.js';
import { stagedModel } from '../../libs/engine/dist/staging/staged-models.js';
import { numbers } from '../support/hand-made-model.js';
import { TINY_SPEC } from '../support/tiny-model.js';

const IMAGES = Uint8Array.from(numbers(2 * 64, 3, 0, 256), Math.floor);
const SERVE = { role: 'serve', spec: TINY_SPEC } as const;

describe('a staged model', () => {
  let folder: string;
  let cache: FolderArtifactStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-staged-'));
    cache = await FolderArtifactStore.open(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function order(bytes: Uint8Array, purpose: Parameters<typeof stageGraph>[1] = SERVE) {
    const writer = await cache.writer(bytes.length);
    await writer.write(bytes);
    const stored = await writer.commit();
    return { cacheFolder: folder, files: [{ path: 'model.onnx', ...stored }], purpose, provider: 'cpu' } as const;
  }
  const staged = async (): Promise<string[]> => (await readdir(join(folder, 'staged'))).sort();

  it('computes what the graph computes with its input stage in front', async () => {
    const { model } = await stagedModel(await order(encodeModel(network(1))));
    const inMemory = encodeModel(stageGraph(network(1), SERVE).model);
    expect(await logitsOf(model, true)).toEqual(await logitsOf(inMemory, false));
  });

  it('keeps what explains, to the last bit', async () => {
    const purpose = { role: 'explain', spec: TINY_SPEC } as const;
    const wanted = await order(encodeModel(pooledNetwork(1)), purpose);
    const { facts } = await stagedModel(wanted);
    const { explanation } = stageGraph(pooledNetwork(1), purpose).facts;
    expect(facts.explanation?.activation?.weights).toEqual(explanation?.activation?.weights);
    expect(facts.explanation?.features).toEqual(explanation?.features);
    expect(await stagedModel(wanted)).toEqual(await stagedModel(wanted));
  });

  it('is written once, and apart for each specification and each use', async () => {
    const wanted = await order(encodeModel(network(1)));
    const first = await stagedModel(wanted);
    const { mtimeMs } = await stat(String(first.model));
    expect(await stagedModel(wanted)).toEqual(first);
    expect((await stat(String(first.model))).mtimeMs).toBe(mtimeMs);
    await stagedModel({ ...wanted, purpose: { role: 'native' } });
    const spec = { ...TINY_SPEC, input: { ...TINY_SPEC.input, scale: 1 } };
    await stagedModel({ ...wanted, purpose: { role: 'serve', spec } });
    expect(await staged()).toHaveLength(3);
  });

  it.each(['model.onnx', 'model.onnx.data', 'staged.json'])('is made anew when %s is no longer whole', async (name) => {
    const wanted = await order(encodeModel(network(1)));
    const { model } = await stagedModel(wanted);
    const logits = await logitsOf(model, true);
    await truncate(join(String(model), '..', name), 40);
    expect(await logitsOf((await stagedModel(wanted)).model, true)).toEqual(logits);
  });

  it('is made at the same time by several without harm', async () => {
    const wanted = await order(encodeModel(network(1)));
    const all = await Promise.all([stagedModel(wanted), stagedModel(wanted), stagedModel(wanted)]);
    expect(new Set(all.map(({ model }) => model)).size).toBe(1);
    expect(await staged()).toHaveLength(1);
  });

  it('is removed when another one is made after its artifact has left the cache', async () => {
    const old = await order(encodeModel(network(1)));
    await stagedModel(old);
    const [before] = await staged();
    await cache.delete(old.files[0].sha256);
    await stagedModel(await order(encodeModel(network(2))));
    expect(await staged()).not.toContain(before);
  });

  it('is not made of an artifact whose bytes have changed, and leaves nothing behind', async () => {
    const wanted = await order(encodeModel(network(1)));
    await writeFile(cache.path(wanted.files[0].sha256), 'something else');
    await expect(stagedModel(wanted)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT' });
    expect(await staged()).toEqual([]);
  });

  it('says why a graph cannot be staged', async () => {
    await expect(stagedModel(await order(Buffer.from('not a graph')))).rejects.toMatchObject({ reason: 'NOT_ONNX' });
    const other = { ...TINY_SPEC, input: { ...TINY_SPEC.input, tensor: 'elsewhere' } };
    const wanted = await order(encodeModel(network(1)), { role: 'serve', spec: other });
    await expect(stagedModel(wanted)).rejects.toMatchObject({ reason: 'GRAPH_SPEC_MISMATCH' });
  });
});

/** Large enough for weights in a file of their own. */
function network(seed: number): ModelProto {
  const graph = new GraphBuilder('staged');
  const flat = graph.flatten('flatten', graph.input('input', ['batch', 1, 8, 8]));
  const hidden = graph.relu('relu', graph.linear('first', flat, random([32, 64], seed), random([32], seed)));
  graph.output('logits', graph.linear('last', hidden, random([2, 32], seed + 1), random([2], seed)));
  return graph.build();
}

function pooledNetwork(seed: number): ModelProto {
  const graph = new GraphBuilder('pooled');
  const maps = graph.relu('relu', graph.input('input', ['batch', 1, 8, 8]));
  const mean = graph.globalAveragePool('pool', maps);
  graph.output('logits', graph.linear('last', mean, random([2, 1], seed), random([2], seed)));
  return graph.build();
}

function random(shape: readonly number[], seed: number) {
  return tensor(
    shape,
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  );
}

async function logitsOf(model: Uint8Array | string, optimized: boolean) {
  const thread = await SessionThread.open(model, { provider: 'cpu', threads: 1, optimized });
  try {
    const feeds = { [PIXELS_INPUT]: { type: 'uint8', dims: [2, 8, 8, 1], data: IMAGES } } as const;
    return (await thread.run(feeds, ['logits'])).tensors[0].data;
  } finally {
    await thread.close();
  }
}
