import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** Reads and writes the messages of one type that have nothing but a chunk. */
export interface ChunkCodec {
  /** A view of the chunk in its message; undefined if the message is any other. @throws RangeError if it cannot be read. */
  read(message: Buffer): Buffer | undefined;
  write(chunk: Uint8Array): Buffer;
}

/**
 * Copies chunks when they are written and not at all when they are read. ts-proto copies them several times, and collecting that
 * garbage would take longer than anything else in the transfer of a large file.
 */
export function chunkCodec(encode: (chunk: Buffer) => { finish(): Uint8Array }): ChunkCodec {
  // A chunk of one byte is its tag, its length and itself.
  const tag = Buffer.from(encode(Buffer.alloc(1)).finish()).subarray(0, -2);
  return {
    read: (message) => {
      if (!message.subarray(0, tag.length).equals(tag)) return undefined;
      const reader = new BinaryReader(message);
      reader.pos = tag.length;
      const sizeBytes = reader.uint32();
      return reader.pos + sizeBytes === message.length ? message.subarray(reader.pos) : undefined;
    },
    write: (chunk) => Buffer.concat([tag, new BinaryWriter().uint32(chunk.length).finish(), chunk]),
  };
}
