import { WriteUploadPartRequest } from '@resmask/contracts/registry.v1';
import { describe, expect, it } from 'vitest';
import { registryService } from '../registry-service.js';
import { chunkCodec } from './chunk-codec.js';

const codec = chunkCodec((value) => WriteUploadPartRequest.encode({ step: { $case: 'chunk', value } }));

function generated(value: Buffer): Buffer {
  return Buffer.from(WriteUploadPartRequest.encode({ step: { $case: 'chunk', value } }).finish());
}

describe('chunkCodec', () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 1_048_576])(
    'reads and writes a chunk of %i bytes as the generated code does',
    (size) => {
      const chunk = Buffer.alloc(size, 'chunk');
      expect(codec.write(chunk).equals(generated(chunk))).toBe(true);
      expect(codec.read(generated(chunk))?.equals(chunk)).toBe(true);
    },
  );

  it('reads a chunk without copying it', () => {
    const message = generated(Buffer.from('bytes'));
    expect(codec.read(message)?.buffer).toBe(message.buffer);
  });

  it('leaves to the generated code whatever else is in a message', () => {
    const { requestDeserialize } = registryService.writeUploadPart;
    const start = { $case: 'start' as const, value: { name: 'namespaces/n/uploads/u', part: undefined } };
    const begun = Buffer.from(WriteUploadPartRequest.encode({ step: start }).finish());
    expect(codec.read(begun)).toBeUndefined();
    expect(requestDeserialize(begun)).toEqual({ step: start });
    const twice = Buffer.concat([generated(Buffer.from('one')), generated(Buffer.from('two'))]);
    expect(codec.read(twice)).toBeUndefined();
    expect(requestDeserialize(twice)).toEqual({ step: { $case: 'chunk', value: Buffer.from('two') } });
    const cut = generated(Buffer.from('bytes')).subarray(0, -1);
    expect(() => requestDeserialize(cut)).toThrow();
  });
});
