import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArtifactStore } from '@resmask/artifacts';
import type { LoadableVersion } from '@resmask/engine';
import { NativeSessions } from '@resmask/engine/native';
import { encodeModel } from '@resmask/onnx';
import type { AnyTensor, TensorType } from '@resmask/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelProto } from '../../libs/onnx/src/gen/onnx/onnx.js';
import { node, valueInfo } from '../../libs/onnx/src/proto-parts.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';
import { ONNX_TYPES } from '../support/typed-outputs-model.js';

const VALUES: Readonly<Record<TensorType, AnyTensor['data']>> = {
  bool: Uint8Array.of(0, 1),
  uint8: Uint8Array.of(0, 255),
  uint16: Uint16Array.of(0, 65_535),
  uint32: Uint32Array.of(0, 2 ** 32 - 1),
  uint64: BigUint64Array.of(0n, 2n ** 64n - 1n),
  int8: Int8Array.of(-128, 127),
  int16: Int16Array.of(-32_768, 32_767),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  float16: Uint16Array.of(0x3c00, 0xfbff),
  float32: Float32Array.of(0.1, -0),
  float64: Float64Array.of(0.1, Number.MIN_VALUE),
  string: ['', 'ein ü und ein 😀'],
};

describe('native sessions', () => {
  let folder: string;
  let cache: FolderArtifactStore;
  let sessions: NativeSessions;
  const open: NativeSessions[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-native-'));
    cache = await FolderArtifactStore.open(folder);
    sessions = withLimits(2, 10);
  });
  afterAll(async () => {
    for (const each of open) await each.close();
    await rm(folder, { recursive: true });
  });

  function withLimits(maxModels: number, maxQueued: number): NativeSessions {
    const options = { workers: 1, threads: 1, provider: 'cpu', cacheFolder: folder } as const;
    const made = new NativeSessions({ ...options, maxModels, maxQueued, fetch: async () => {} });
    open.push(made);
    return made;
  }

  async function version(bytes: Uint8Array): Promise<LoadableVersion> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const writer = await cache.writer(1e6);
    await writer.write(bytes);
    await writer.commit({ sha256, sizeBytes: bytes.length });
    const files = [{ path: 'model.onnx', sha256, sizeBytes: bytes.length }];
    return { name: `namespaces/default/models/m/versions/1`, digest: sha256, spec: TINY_SPEC, files };
  }

  it.each(Object.keys(VALUES) as TensorType[])('take and give %s bit by bit', async (type) => {
    const { session, release } = await sessions.acquire(await version(identity(type)));
    const dims = [1, 2];
    expect(session.signature).toEqual({
      inputs: [{ name: 'x', type, shape: [-1, 2] }],
      outputs: [{ name: 'y', type, shape: [-1, 2] }],
    });
    const x = { type, dims, data: structuredClone(VALUES[type]) } as AnyTensor;
    const { outputs, timings } = await session.run({ feeds: { x }, outputs: ['y'] });
    expect(outputs).toEqual([{ type, dims, data: VALUES[type] }]);
    for (const nanoseconds of Object.values(timings)) expect(nanoseconds).toBeGreaterThanOrEqual(0);
    release();
  });

  it('say in ONNX Runtime’s words why tensors cannot be run, and live on', async () => {
    const { session, release } = await sessions.acquire(await version(identity('float32')));
    const run = (dims: number[], data: Float32Array) =>
      session.run({ feeds: { x: { type: 'float32', dims, data } }, outputs: ['y'] });
    await expect(run([3], new Float32Array(3))).rejects.toMatchObject({ reason: 'MODEL_RUN_FAILED' });
    expect((await run([1, 2], new Float32Array(2))).outputs[0].dims).toEqual([1, 2]);
    release();
  });

  it('close the one that was not used for longest, and refuse when all are in use', async () => {
    const few = withLimits(1, 10);
    const [one, two] = [await version(tinyModel(1)), await version(tinyModel(2))];
    const first = await few.acquire(one);
    await expect(few.acquire(two)).rejects.toMatchObject({ reason: 'TOO_MANY_MODELS' });
    first.release();
    (await few.acquire(two)).release();
    expect(few.loaded).toEqual([two]);
  });

  it('unload when nobody uses the session any more, and open it again when it is needed', async () => {
    const tiny = await version(tinyModel(3));
    const { release } = await sessions.acquire(tiny);
    let unloaded = false;
    const unloading = sessions.unload(tiny.digest).then(() => {
      unloaded = true;
    });
    (await sessions.acquire(tiny)).release();
    expect(unloaded).toBe(false);
    release();
    await unloading;
    (await sessions.acquire(tiny)).release();
  });

  it('forget a model that cannot be loaded', async () => {
    const broken = await version(Buffer.from('not a graph'));
    for (let i = 0; i < 3; i += 1) {
      await expect(sessions.acquire(broken)).rejects.toMatchObject({ reason: 'MODEL_UNLOADABLE' });
    }
    await sessions.unload(broken.digest);
  });

  it('refuse a request when too many wait, and take one out of the queue that is not wanted any more', async () => {
    const { session } = await withLimits(1, 2).acquire(await version(tinyModel(4)));
    const run = (signal?: AbortSignal) => {
      const input = { type: 'float32', dims: [1, 1, 8, 8], data: new Float32Array(64) } as const;
      return session.run({ feeds: { input }, outputs: ['logits'] }, signal);
    };
    const abort = new AbortController();
    const [running, cancelled, waiting, refused] = [run(), run(abort.signal), run(), run()];
    abort.abort();
    await expect(refused).rejects.toMatchObject({ reason: 'MODEL_QUEUE_FULL' });
    await expect(cancelled).rejects.toMatchObject({ reason: 'CANCELLED_BY_CALLER' });
    expect((await waiting).timings.queueNs).toBeGreaterThan(0);
    await running;
  });
});

function identity(type: TensorType): Uint8Array {
  return encodeModel(
    ModelProto.fromPartial({
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'identity',
        node: [node('Identity', 'same', ['x'], ['y'])],
        input: [valueInfo('x', ONNX_TYPES[type], ['batch', 2])],
        output: [valueInfo('y', ONNX_TYPES[type], ['batch', 2])],
      },
    }),
  );
}
