import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { WriteUploadPartRequest } from '@resmask/contracts/registry.v1';

/** Chunks large enough for full speed and small enough for every message limit. */
export const CHUNK_BYTES = 256 * 1024;
/** Room for the tag and the length before the bytes of a chunk. */
const HEAD_BYTES = 8;
export const BLOCK_BYTES = HEAD_BYTES + CHUNK_BYTES;

const TAG = WriteUploadPartRequest.encode({ step: { $case: 'chunk', value: Buffer.alloc(0) } })
  .finish()
  .subarray(0, -1);

/**
 * Bytes as encoded `chunk` messages, in pieces of whatever size they come. Each is written behind its head in a block of
 * `BLOCK_BYTES`, because ts-proto copies the bytes of a message several times, and collecting that garbage costs more than sending.
 */
export async function* encodeChunks(
  bytes: AsyncIterable<Uint8Array>,
  nextBlock: () => Buffer = () => Buffer.allocUnsafeSlow(BLOCK_BYTES),
): AsyncGenerator<Buffer> {
  let block = nextBlock();
  let filled = 0;
  for await (const piece of bytes) {
    for (let start = 0; start < piece.length; ) {
      const part = piece.subarray(start, start + CHUNK_BYTES - filled);
      block.set(part, HEAD_BYTES + filled);
      filled += part.length;
      start += part.length;
      if (filled < CHUNK_BYTES) continue;
      yield messageIn(block, filled);
      block = nextBlock();
      filled = 0;
    }
  }
  if (filled > 0) yield messageIn(block, filled);
}

function messageIn(block: Buffer, sizeBytes: number): Buffer {
  const length = new BinaryWriter().uint32(sizeBytes).finish();
  const start = HEAD_BYTES - TAG.length - length.length;
  block.set(TAG, start);
  block.set(length, start + TAG.length);
  return block.subarray(start, HEAD_BYTES + sizeBytes);
}
