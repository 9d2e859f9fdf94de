import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from './read-checkpoint.js';

const FOLDER = new URL('../../../test/golden/checkpoints/', import.meta.url);
const fixture = (name: string): Buffer => readFileSync(new URL(name, FOLDER));
const refusal = (file: Uint8Array) =>
  readCheckpoint(file).then(
    () => 'was read',
    (error: unknown) => error,
  );

describe.each(['zip', 'legacy'])('a %s checkpoint is refused', (format) => {
  it.each([
    ['os-system', 'posix.system'],
    ['eval', 'builtins.eval'],
    ['torch-load', 'torch.serialization.load'],
    ['torch-load-bytes', 'torch.storage._load_from_bytes'],
    ['module', 'torch.nn.modules.activation.ReLU'],
  ])('that calls something: %s, naming %s', async (file, name) => {
    const error = await refusal(fixture(`evil/${file}.${format}.pt`));
    expect(error).toMatchObject({
      reason: 'CHECKPOINT_UNSAFE',
      message: expect.stringContaining(`the pickle names ${name},`),
    });
  });

  it.each([
    ['huge', 'needs elements 0 to 1099511627775 of its storage "'],
    ['huge-expanded', 'with tensor "the.weight" (tensor F32 1048576×1048576)'],
    ['overlapping', 'has the strides 1, 1, with which its elements overlap'],
    ['negative-stride', 'has the strides -1'],
    ['negative-size', 'has a dimension that is no size'],
    ['outside', 'which has 4'],
    ['negative-offset', 'begins at element -1'],
    ['many-strides', 'has 2 strides'],
    ['beyond-integers', 'has a dimension that is no size'],
  ])('with a tensor that cannot be: %s, naming it', async (file, problem) => {
    const { reason, message } = (await refusal(fixture(`evil/${file}.${format}.pt`))) as {
      reason: string;
      message: string;
    };
    expect(reason).toBe(file === 'huge-expanded' ? 'CHECKPOINT_TOO_LARGE' : 'WEIGHTS_INVALID');
    expect(message).toContain('tensor "the.weight"');
    expect(message).toContain(problem);
  });

  it('that is cut, wherever', async () => {
    const whole = fixture(`trainer.${format}.pt`);
    for (let length = 0; length < whole.length; length += 7) {
      expect(await refusal(whole.subarray(0, length)), `${length} bytes`).toMatchObject({ reason: 'WEIGHTS_INVALID' });
    }
  });
});

describe('a zip file is refused', () => {
  it.each([
    ['evil/twice.zip.pt', 'WEIGHTS_INVALID', 'two entries "trainer.zip/data.pkl"'],
    ['evil/bomb.zip.pt', 'CHECKPOINT_TOO_LARGE', 'unpacking zip entry "bomb/data.pkl" needs 67108864 bytes'],
    ['evil/no-pickle.zip.pt', 'WEIGHTS_INVALID', 'it has no "data.pkl", but "readme.txt"'],
  ])('%s', async (file, reason, message) => {
    expect(await refusal(fixture(file))).toMatchObject({ reason, message: expect.stringContaining(message) });
  });

  it('whose entry unpacks to more than it announces', async () => {
    const bomb = zip('x/data.pkl', deflateRawSync(Buffer.alloc(1_000_000)), { method: 8, size: 100 });
    expect(await refusal(bomb)).toMatchObject({
      message: expect.stringContaining('cannot be unpacked to the 100 bytes'),
    });
  });

  it.each([
    ['is encrypted', { flags: 1, method: 8 }, 'zip entry "x/data.pkl" is encrypted'],
    ['is packed in another way', { method: 12 }, 'is packed by method 12'],
    ['lies outside', { offset: 1_000_000 }, 'the zip file is damaged'],
    ['has another size', { size: 7 }, 'the zip file is damaged'],
    ['has another checksum', { checksum: 5 }, 'its checksum is not that of its bytes'],
  ])('whose entry %s', async (_what, changes, message) => {
    expect(await refusal(zip('x/data.pkl', Buffer.from('N.'), changes))).toMatchObject({
      reason: 'WEIGHTS_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('whose entries share bytes', async () => {
    const file = fixture('trainer.zip.pt');
    const [first, second] = entriesOf(file).slice(4);
    file.copy(file, second + 42, first + 42, first + 46);
    expect(await refusal(file)).toMatchObject({ message: expect.stringMatching(/zip entries ".*" and ".*" overlap/) });
  });
});

describe('a file of another kind is refused, saying what it looks like', () => {
  it.each<[string, Uint8Array]>([
    ['the file is empty', Buffer.alloc(0)],
    ['first bytes are 08 09 0a', Buffer.from([8, 9, 10])],
    ['a tar archive', Buffer.concat([Buffer.from('sys_info'), Buffer.alloc(600)])],
    ['a web page', Buffer.from('<!DOCTYPE html><html>')],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:12\n')],
    ['a gzip archive', Buffer.from([0x1f, 0x8b, 8])],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n', 'latin1')],
    ['lacks the magic number', Buffer.from('\x80\x02K\x01.', 'latin1')],
    ['holds no tensors', zip('x/data.pkl', Buffer.from('}.'))],
  ])('%s', async (what, file) => {
    expect(await refusal(file)).toMatchObject({ reason: 'WEIGHTS_INVALID', message: expect.stringContaining(what) });
  });

  it.each([
    [
      'big-endian legacy files',
      '\x88X\x0a\x00\x00\x00type_sizes',
      '\x89X\x0a\x00\x00\x00type_sizes',
      'not little-endian',
    ],
    ['legacy files of another protocol', 'M\xe9\x03.', 'M\xe8\x03.', 'protocol is not 1001'],
    [
      'legacy files with another number of elements',
      '\x07\x00\x00\x00\x00\x00\x00\x00',
      '\x08\x00\x00\x00\x00\x00\x00\x00',
      'needs 28',
    ],
  ])('%s', async (_what, text, changed, message) => {
    const file = fixture('trainer.legacy.pt').toString('latin1');
    expect(file).toContain(text);
    expect(await refusal(Buffer.from(file.replace(text, changed), 'latin1'))).toMatchObject({
      reason: 'WEIGHTS_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

/** Offsets of the entries in a zip file's central directory. */
function entriesOf(file: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = file.indexOf('PK\x01\x02'); at >= 0; at = file.indexOf('PK\x01\x02', at + 1)) offsets.push(at);
  return offsets;
}

interface ZipChanges {
  readonly method?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly offset?: number;
  readonly checksum?: number;
}

/** A zip file of one entry, with lies where asked for. */
function zip(name: string, data: Buffer, changes: ZipChanges = {}): Buffer {
  const { method = 0, flags = 0, size = data.length, offset = 0, checksum = 0 } = changes;
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(flags, 8);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(checksum, 16);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(size, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt32LE(offset, 42);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + data.length, 16);
  return Buffer.concat([local, Buffer.from(name), data, central, Buffer.from(name), end]);
}
