import { createHash } from 'node:crypto';
import { BLOCK_BYTES, encodeChunks } from './encode-chunks.js';

/** A part as it is sent: its digest, which goes first, and its bytes as often as they are needed. */
export interface EncodedPart {
  readonly sha256: string;
  messages(): AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Parts beyond it are read a second time instead of being kept. */
const HELD_BYTES = 32 * 1024 * 1024;

/** What one lane of an upload needs in memory: the part it sends, in blocks that serve for all of its parts. */
export class PartMemory {
  readonly #blocks: Buffer[] = [];

  /** The part is good until the next one is read; `read` gives its bytes, from the beginning each time. */
  async read(sizeBytes: number, read: () => AsyncIterable<Uint8Array>): Promise<EncodedPart> {
    const hash = createHash('sha256');
    const hashed = hashing(read(), (piece) => hash.update(piece));
    if (sizeBytes > HELD_BYTES) {
      for await (const _ of hashed);
      return { sha256: hash.digest('hex'), messages: () => encodeChunks(read()) };
    }
    let used = 0;
    const held = await Array.fromAsync(encodeChunks(hashed, () => this.#block(used++)));
    return { sha256: hash.digest('hex'), messages: () => held };
  }

  #block(index: number): Buffer {
    const block = this.#blocks[index] ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#blocks[index] = block;
    return block;
  }
}

async function* hashing(
  bytes: AsyncIterable<Uint8Array>,
  update: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    update(piece);
    yield piece;
  }
}
