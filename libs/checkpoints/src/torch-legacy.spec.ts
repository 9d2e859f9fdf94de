import { describe, expect, it } from 'vitest';
import { checkpointLimits } from './checkpoint-limits.js';
import { readCheckpoint } from './read-checkpoint.js';

/** Pickles are written by hand here, one byte per character: PyTorch no longer writes what old files hold. */
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const text = (value: string): string => `U${String.fromCharCode(value.length)}${value}`;

const HEAD = `\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}${text('little_endian')}\x88s.`;

/** A persistent id of storage "a" with four floats; `view` is what it shows of them. */
const storage = (type = 'torch\nFloatStorage', view = 'N'): string =>
  `(${text('storage')}c${type}\n${text('a')}${text('cpu')}K\x04${view}tQ`;

/** Two elements from `offset`. */
const tensor = (of: string, offset = 0): string =>
  `ctorch._utils\n_rebuild_tensor\n(${of}K${String.fromCharCode(offset)}K\x02\x85K\x01\x85tR`;

function legacy(object: string, keys = `](${text('a')}e`): Buffer {
  const count = Buffer.alloc(8);
  count.writeBigInt64LE(4n);
  const values = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  return Buffer.concat([bytes(`${HEAD}\x80\x02${object}.\x80\x02${keys}.`), count, values]);
}

const dict = (name: string, value: string): string => `}${text(name)}${value}s`;
const valuesOf = async (file: Buffer) =>
  [...(await readCheckpoint(file)).tensors.values()].map((stored) => [
    ...new Float32Array(stored.bytes().slice().buffer),
  ]);

describe('files of old PyTorch versions', () => {
  it('have tensors without hooks, and keys as Python 2 wrote them', async () => {
    expect(await valuesOf(legacy(dict('w', tensor(storage(), 2))))).toEqual([[3, 4]]);
  });

  it('name the storage classes of a graphics card', async () => {
    expect(await valuesOf(legacy(dict('w', tensor(storage('torch.cuda\nFloatStorage')))))).toEqual([[1, 2]]);
  });

  it('have storages that are views of others', async () => {
    const view = `(${text('v')}K\x01K\x03t`;
    expect(await valuesOf(legacy(dict('w', tensor(storage(undefined, view), 1))))).toEqual([[3, 4]]);
    await expect(readCheckpoint(legacy(dict('w', tensor(storage(undefined, view), 2))))).rejects.toThrow('which has 3');
    const outside = storage(undefined, `(${text('v')}K\x02K\x03t`);
    await expect(readCheckpoint(legacy(dict('w', tensor(outside))))).rejects.toThrow('is not within its 4 elements');
  });

  it('may hold a tensor alone, or a list of them', async () => {
    expect([...(await readCheckpoint(legacy(tensor(storage())))).tensors.keys()]).toEqual(['tensor']);
    expect([...(await readCheckpoint(legacy(`](${tensor(storage())}e`))).tensors.keys()]).toEqual(['0']);
  });

  it('are refused where list and pickle of storages differ', async () => {
    const weights = dict('w', tensor(storage()));
    await expect(readCheckpoint(legacy(weights, ']'))).rejects.toThrow(
      'storage "a" has no bytes in the file and needs 16',
    );
    await expect(readCheckpoint(legacy(weights, `](${text('b')}e`))).rejects.toThrow('storage "b" that no tensor uses');
    await expect(readCheckpoint(legacy(weights, `](${text('a')}${text('a')}e`))).rejects.toThrow(
      'lists storage "a" twice',
    );
  });
});

describe('tensors by their names', () => {
  it('are found under wrappers within wrappers', async () => {
    const file = legacy(dict('model', dict('state_dict', dict('w', tensor(storage())))));
    expect(await readCheckpoint(file)).toMatchObject({ wrapper: 'model.state_dict', extra: {} });
  });

  it('are refused where two have one name', async () => {
    const twice = `}(${text('a.b')}${tensor(storage())}${text('a')}${dict('b', tensor(storage()))}u`;
    await expect(readCheckpoint(legacy(twice))).rejects.toThrow('holds two tensors "a.b"');
  });

  it('are not looked for without end', async () => {
    // Each list holds the one before ten times: 10^100 values in a kilobyte.
    const laughs = `]${`q\x00](${'h\x00'.repeat(10)}e`.repeat(100)}`;
    const file = legacy(`}(${text('w')}${tensor(storage())}${text('x')}${laughs}u`);
    await expect(readCheckpoint(file)).rejects.toMatchObject({ reason: 'CHECKPOINT_TOO_LARGE' });
    const beside = legacy(`}(${text('net')}${dict('w', tensor(storage()))}${text('x')}${laughs}u`);
    const { extra } = await readCheckpoint(beside);
    expect(JSON.stringify(extra).length).toBeLessThan(1_000_000);
  });

  it('are refused where their bytes, written out, would be far more than the file', async () => {
    const file = legacy(`](${`${tensor(storage())}q\x00${'h\x00'.repeat(100)}`}e`);
    expect((await readCheckpoint(file)).tensors.size).toBe(101);
    const limits = { ...checkpointLimits(file.length), maxTensorBytes: 100 * 8 };
    await expect(readCheckpoint(file, limits)).rejects.toThrow(
      'with tensor "100" (tensor F32 2) the tensors have 808 bytes',
    );
  });
});
