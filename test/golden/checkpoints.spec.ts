import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aliasesOf, readCheckpoint, type StoredTensors, writeSafetensors } from '@resmask/checkpoints';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command-line.js';
import { pythonWith } from '../support/python-with.js';

interface Elements {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly base64: string;
}

const KEPT = join(import.meta.dirname, 'checkpoints');
const MAKE = join(KEPT, 'make.py');

function elements(tensors: StoredTensors): Record<string, Elements> {
  const pairs = [...tensors].map(([name, tensor]) => {
    const { dtype, shape } = tensor;
    return [name, { dtype, shape, base64: Buffer.from(tensor.bytes()).toString('base64') }];
  });
  return Object.fromEntries(pairs);
}

async function expectedOf(folder: string): Promise<Record<string, Record<string, Elements>>> {
  return JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
}

const read = async (file: string) => readCheckpoint(await readFile(file));
const kept = (name: string) => read(join(KEPT, name));

describe('checkpoints that PyTorch made', async () => {
  it.each(Object.entries(await expectedOf(KEPT)))('%s holds what PyTorch says it holds', async (name, tensors) => {
    const checkpoint = await kept(name);
    expect(checkpoint.format).toBe(name.endsWith('.legacy.pt') ? 'pytorch-legacy' : 'pytorch-zip');
    expect(elements(checkpoint.tensors)).toEqual(tensors);
    expect([...checkpoint.tensors.keys()]).toEqual(Object.keys(tensors));
  });

  it.each(Object.keys(await expectedOf(KEPT)))('%s is the same as safetensors', async (name) => {
    const { tensors } = await kept(name);
    const copy = await readCheckpoint(Buffer.concat([...writeSafetensors(tensors)]));
    expect(copy.format).toBe('safetensors');
    expect(elements(copy.tensors)).toEqual(elements(tensors));
  });

  it.each(['trainer.zip.pt', 'trainer.legacy.pt'])(
    '%s says what the trainer noted beside the network',
    async (name) => {
      expect(await kept(name)).toMatchObject({
        wrapper: 'net',
        extra: {
          arch: 'block',
          best_val_acc: 71.5,
          best_train_acc: 80.25,
          epoch: 12,
          train_losses: [2, 1.5],
          test_acc: 'NaN',
        },
      });
    },
  );

  it.each(['trainer.zip.pt', 'trainer.legacy.pt'])('%s shows which names mean the same elements', async (name) => {
    const aliases = aliasesOf((await kept(name)).tensors);
    expect(aliases.size).toBe(6);
    expect(aliases.get('conv1.downsample.0.weight')).toBe('downsample1.0.weight');
  });

  it.each(['views.zip.pt', 'views.legacy.pt'])(
    '%s loses "module." and says so; only equal views are aliases',
    async (name) => {
      const { wrapper, prefix, extra, tensors } = await kept(name);
      expect({ wrapper, prefix, extra }).toEqual({ wrapper: 'state_dict', prefix: 'module.', extra: { epoch: 3 } });
      expect([...aliasesOf(tensors)]).toEqual([['alias', 'base']]);
    },
  );

  it('tells objects beside the network as data', async () => {
    const { extra, wrapper } = await kept('objects.zip.pt');
    expect(wrapper).toBe('model');
    expect(extra).toEqual({
      args: { lr: 0.5, layers: [3, 4] },
      labels: ['happy'],
      shape: [1, 3],
      raw: '<2 bytes>',
      where: 'cuda:1',
      dtype: '<torch.float16>',
      matrix: '<NumPy array>',
      steps: { 30: 1 },
      optimizer: { state: { 0: { exp_avg: '<tensor F32 2×3>' } }, param_groups: [{ lr: 0.1, params: [0] }] },
      large: String(2n ** 70n),
      frozen: [1],
    });
  });

  it('keeps what is beside nested tensors', async () => {
    expect((await kept('nested.zip.pt')).extra).toEqual({ note: 'two networks' });
  });
});

const python = pythonWith('torch, numpy');
describe.skipIf(!python)('checkpoints that PyTorch makes now', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-checkpoints-'));
    const { code, stderr } = await run(python!, ['-W', 'ignore', MAKE, folder]);
    expect(code, stderr).toBe(0);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('hold what PyTorch says, in both formats', async () => {
    const expected = await expectedOf(folder);
    for (const [name, tensors] of Object.entries(expected)) {
      expect(elements((await read(join(folder, name))).tensors), name).toEqual(tensors);
    }
  });

  it('are refused where they would run something', async () => {
    for (const file of globSync(join(folder, 'evil/{os-system,eval,torch-load,torch-load-bytes,module}.*.pt'))) {
      await expect(read(file), file).rejects.toMatchObject({ reason: 'CHECKPOINT_UNSAFE' });
    }
  });
});
