import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSpec, findArchitecture } from '@resmask/architectures';
import { FolderArtifactStore } from '@resmask/artifacts';
import { Engine } from '@resmask/engine';
import { argmax } from '@resmask/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resmask } from '../support/command-line.js';
import { SHARED } from '../support/samples.js';

const MODEL = 'build/models/resmasking-compact.onnx';
const FIRST_TEST_ROW = 32_298;
const PIXELS = 48 * 48;

describe.skipIf(!SHARED)('the compact network in 8 bits, calibrated on FER2013', () => {
  let folder: string;
  let cache: FolderArtifactStore;
  let engine: Engine;
  let images: Uint8Array;
  let labels: Uint8Array;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-int8-'));
    execFileSync(process.execPath, [`${SHARED}/tools/fer2013-csv.mjs`, join(folder, 'fer2013.csv')]);
    const all = execFileSync('xz', ['-dc', `${SHARED}/data/fer2013/pixels.u8.xz`], { maxBuffer: 2 ** 28 });
    images = all.subarray(FIRST_TEST_ROW * PIXELS);
    labels = (await readFile(`${SHARED}/data/fer2013/labels.u8`)).subarray(FIRST_TEST_ROW);
    cache = await FolderArtifactStore.open(join(folder, 'cache'));
    engine = await Engine.start({
      workers: 1,
      threads: 1,
      provider: { wanted: 'cpu', fallback: 'none' },
      cacheFolder: join(folder, 'cache'),
      limits: { maxPixels: 1e6, minSide: 4 },
      maxModels: 2,
    });
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  /** The label each image of the test split gets, through the engine. */
  async function predictions(file: string): Promise<number[]> {
    const writer = await cache.writer(1e9);
    await writer.write(await readFile(file));
    const stored = await writer.commit();
    const { sha256 } = stored;
    const spec = defaultSpec(findArchitecture('resmasking-compact'));
    const files = [{ path: 'model.onnx', ...stored }];
    const version = { name: file, digest: sha256, spec, files };
    const lease = await engine.acquire(version);
    const rows = await lease.classifier.samples(images.slice(), 48, 48);
    lease.release();
    return Array.from({ length: rows.length / 7 }, (_, i) => argmax(Array.from(rows.subarray(i * 7, (i + 1) * 7))));
  }

  it('loses half a point of accuracy at most, and says the same of almost every face', async () => {
    const file = join(folder, 'int8.onnx');
    const calibrate = ['--calibrate', join(folder, 'fer2013.csv')];
    const { code, stderr } = await resmask(['networks', 'quantize', MODEL, ...calibrate, '-o', file]);
    expect(code, stderr).toBe(0);
    const [exact, rounded] = [await predictions(MODEL), await predictions(file)];
    const correct = (found: readonly number[]) => found.filter((label, i) => label === labels[i]).length;
    expect(exact).toHaveLength(3589);
    expect(correct(exact)).toBe(2497);
    expect(correct(rounded)).toBeGreaterThanOrEqual(2497 - 0.005 * 3589);
    const same = exact.filter((label, i) => label === rounded[i]).length;
    expect(same / 3589).toBeGreaterThan(0.98);
  });
});
