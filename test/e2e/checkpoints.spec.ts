import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint } from '@resmask/checkpoints';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resmask } from '../support/command-line.js';

const GOLDEN = join(import.meta.dirname, '../golden/checkpoints');
const TRAINER = join(GOLDEN, 'trainer.legacy.pt');

describe('resmask checkpoints', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-checkpoints-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('inspect tells the format, the tensors with their aliases, and what the trainer noted', async () => {
    const { code, stdout } = await resmask(['checkpoints', 'inspect', TRAINER, '--json']);
    expect(code).toBe(0);
    const view = JSON.parse(stdout);
    expect(view).toMatchObject({
      format: 'pytorch-legacy',
      wrapper: 'net',
      extra: { arch: 'block', best_val_acc: 71.5 },
    });
    expect(view.sizeBytes).toBe((await readFile(TRAINER)).length);
    expect(view.tensors).toHaveLength(16);
    expect(view.tensors).toContainEqual({
      name: 'conv1.downsample.0.weight',
      dtype: 'F32',
      shape: [3, 2, 1, 1],
      sameAs: 'downsample1.0.weight',
    });
  });

  it('inspect prints the same for people, in lines that fit a terminal', async () => {
    const { stdout } = await resmask(['checkpoints', 'inspect', join(GOLDEN, 'views.zip.pt')]);
    expect(stdout).toContain('tensors      9 (7 F32, 1 F16, 1 I64)');
    expect(stdout).toContain('taken off    "module." of every name');
    expect(stdout).toMatch(/^alias +F32 +24 +base$/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('convert writes every tensor as safetensors, and nothing half', async () => {
    const target = join(folder, 'new', 'trainer.safetensors');
    const { stdout } = await resmask(['checkpoints', 'convert', TRAINER, '--to', target, '--json']);
    const bytes = await readFile(target);
    expect(JSON.parse(stdout)).toEqual({ file: target, sizeBytes: bytes.length, tensors: 16, aliases: 6 });
    const [converted, original] = [await readCheckpoint(bytes), await readCheckpoint(await readFile(TRAINER))];
    expect([...converted.tensors.keys()]).toEqual([...original.tensors.keys()]);
    for (const [name, tensor] of original.tensors) {
      expect(Buffer.compare(tensor.bytes(), converted.tensors.get(name)!.bytes()), name).toBe(0);
    }
    expect(converted.extra).toMatchObject({ format: 'pt', arch: 'block', best_val_acc: '71.5' });
    expect(await readdir(join(folder, 'new'))).toEqual(['trainer.safetensors']);
  });

  it('refuses what would run something, naming it, and leaves no file', async () => {
    const target = join(folder, 'evil.safetensors');
    const evil = join(GOLDEN, 'evil/os-system.zip.pt');
    const { code, stderr } = await resmask(['checkpoints', 'convert', evil, '--to', target]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'INVALID_ARGUMENT (CHECKPOINT_UNSAFE): the pickle names posix.system, which is not allowed',
    );
    expect(await readdir(folder)).not.toContain('evil.safetensors');
  });

  it('says what is wrong with a file that is no checkpoint, or is not there', async () => {
    const page = join(folder, 'page.pt');
    await writeFile(page, '<!doctype html><title>Sign in</title>');
    expect((await resmask(['checkpoints', 'inspect', page])).stderr).toContain('the file is a web page');
    const missing = await resmask(['checkpoints', 'inspect', join(folder, 'missing.pt'), '--json']);
    expect(JSON.parse(missing.stderr).error).toMatchObject({ reason: 'FILE_UNREADABLE' });
    expect((await resmask(['checkpoints', 'convert', TRAINER])).code).toBe(2);
  });
});
