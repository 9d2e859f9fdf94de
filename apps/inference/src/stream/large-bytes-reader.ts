import { randomBytes } from 'node:crypto';
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Shorter fields are copied: that costs less than finding them again. */
const LARGE = 1024;
/** Stands in front of a place's number; no client can guess it. */
const MARK = randomBytes(16);

/**
 * Reads a message whose large byte fields are then found as views of it: generated code copies every byte field, and collecting copies of
 * pictures costs a server more than reading them.
 */
export class LargeBytesReader extends BinaryReader {
  readonly #large: Uint8Array[] = [];
  #inString = false;

  constructor(readonly message: Buffer) {
    super(message);
  }

  override bytes(): Uint8Array {
    const bytes = super.bytes();
    if (this.#inString || bytes.length < LARGE) return bytes;
    this.#large.push(bytes);
    // The generated code copies this instead.
    return Buffer.concat([MARK, Buffer.from([this.#large.length - 1])]);
  }

  /** Strings are read as bytes by the library. */
  override string(): string {
    this.#inString = true;
    try {
      return super.string();
    } finally {
      this.#inString = false;
    }
  }

  /** The bytes of a field as the generated code gave them, or the view they stand for. */
  resolve(field: Buffer): Buffer {
    if (field.length !== MARK.length + 1 || !field.subarray(0, MARK.length).equals(MARK)) return field;
    const { buffer, byteOffset, byteLength } = this.#large[field[MARK.length]];
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}
